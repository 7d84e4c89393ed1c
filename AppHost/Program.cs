var builder = DistributedApplication.CreateBuilder(args);
var guard = builder.AddProject<Projects.Guard>("guard").WithHttpEndpoint().WithHttpHealthCheck("/health");
builder.AddProject<Projects.Catalog>("catalog").WithHttpEndpoint().WithHttpHealthCheck("/health").WithReference(guard).WaitFor(guard);
builder.Build().Run();
