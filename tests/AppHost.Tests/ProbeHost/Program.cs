// An app host of two probes, the second after the first, for tests that need the host itself as a process.
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

string project = Environment.GetEnvironmentVariable("PROBE_PROJECT")!;
IDistributedApplicationBuilder builder = DistributedApplication.CreateBuilder(args);
IResourceBuilder<ProjectResource> first = builder.AddProject("first", project).WithHttpEndpoint().WithHttpHealthCheck("/health");
IResourceBuilder<ProjectResource> second = builder.AddProject("second", project).WithHttpEndpoint().WithHttpHealthCheck("/health").WaitFor(first)
    .WithEnvironment("PROBE_REFUSE", Environment.GetEnvironmentVariable("SECOND_REFUSES"))
    .WithEnvironment("PROBE_REFUSE_CODE", Environment.GetEnvironmentVariable("SECOND_REFUSES_WITH"))
    .WithUrl("http://localhost:7114");
builder.Build().Run();
