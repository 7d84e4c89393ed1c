// The picture of the whole: which services there are, and what each needs of the others.
//
//   client --> edge ==> protocol-workers ==> kafka-cache --> kafka          ==> frames over a link (design.md, section 4)
//                \           \
//                guard      catalog                                         asked over gRPC
using Microsoft.Extensions.Configuration;
using Sluice.AppHost;

if (SuiteOptions.Read(args) is not { } suite)
{
    return; // Said why, or what it can do; the exit code is set.
}

IDistributedApplicationBuilder builder = DistributedApplication.CreateBuilder(args);
using SuitePlaces places = builder.ExecutionContext.IsPublishMode ? SuitePlaces.InContainer() : SuitePlaces.OnThisMachine(suite);

// Kafka: the cluster that was named, else the embedded broker. In a deployment it is always a cluster.
IResourceBuilder<ProjectResource>? broker = null;
ReferenceExpression bootstrap;
if (suite.Kafka is { } address)
{
    bootstrap = ReferenceExpression.Create($"{builder.AddConnectionString("kafka", ReferenceExpression.Create($"{address}"))}");
}
else if (builder.ExecutionContext.IsPublishMode || builder.Configuration.GetConnectionString("kafka") is not null)
{
    bootstrap = ReferenceExpression.Create($"{builder.AddConnectionString("kafka")}");
}
else
{
    // Clients are told the address they came in by, so the broker owns its port; "0" leaves the choice to the host.
    int? port = suite.KafkaPort == 0 ? null : suite.KafkaPort;
    broker = builder.AddProject<Projects.EmbeddedKafka>("kafka")
        .WithHttpEndpoint()
        .WithHttpHealthCheck("/health")
        .WithEndpoint(port: port, targetPort: port, scheme: "tcp", name: "kafka", env: "SLUICE_EMBEDDEDKAFKA_PORT", isProxied: port is null)
        .WithEnvironment("SLUICE_EMBEDDEDKAFKA_DATA", suite.KafkaData);
    if (suite.TopicsFile is not null)
    {
        broker.WithEnvironment("SLUICE_EMBEDDEDKAFKA_TOPICS_FILE", suite.TopicsFile);
    }
    else if (suite.Topics.Length > 0)
    {
        broker.WithEnvironment("SLUICE_EMBEDDEDKAFKA_TOPIC", suite.Topics);
    }

    EndpointReference endpoint = broker.GetEndpoint("kafka");
    bootstrap = ReferenceExpression.Create($"{endpoint.Property(EndpointProperty.Host)}:{endpoint.Property(EndpointProperty.Port)}");
}

// Who may do what, and what the bytes mean: asked over gRPC by whoever meets a credential or a value. Only where the configuration has any.
List<IResourceBuilder<ProjectResource>> asked = [];
if (suite.HasGuards)
{
    asked.Add(AddService<Projects.Guard>("guard").WithHttpEndpoint(name: "grpc", env: "SLUICE_GRPC_PORT"));
}

if (suite.HasCatalogs)
{
    asked.Add(AddService<Projects.Catalog>("catalog").WithHttpEndpoint(name: "grpc", env: "SLUICE_GRPC_PORT"));
}

// The way of a request, from its end to its beginning. A link that finds no one yet tries again, so each waits only for the start of
// the next; health says when the whole way is open.
IResourceBuilder<ProjectResource> cache = AddService<Projects.KafkaCache>("kafka-cache")
    .WithEnvironment("ConnectionStrings__kafka", bootstrap)
    .WithEnvironment("SLUICE_CACHE_DIR", places.CacheDirectory)
    .WithReplicas(suite.Replicas["kafka-cache"]);
if (broker is not null)
{
    cache.WaitFor(broker);
}

IResourceBuilder<ProjectResource> workers = AddService<Projects.ProtocolWorkers>("protocol-workers")
    .WithEnvironment("SLUICE_CACHE_DIR", places.CacheDirectory)
    .WithReplicas(suite.Replicas["protocol-workers"])
    .WaitForStart(cache);

IResourceBuilder<ProjectResource> edge = AddService<Projects.Edge>("edge")
    .WithEnvironment("SLUICE_CACHE_DIR", places.CacheDirectory)
    .WithReplicas(suite.Replicas["edge"])
    .WaitForStart(workers);
foreach (IResourceBuilder<ProjectResource> service in asked)
{
    workers.WithReference(service);
    edge.WithReference(service).WaitForStart(service);
}

foreach (string url in suite.Listeners)
{
    edge.WithUrl(url);
}

// On one host rooms share memory. Where they may be on several, each is told where the next one answers calls.
if (suite.Links == "grpc" || builder.ExecutionContext.IsPublishMode)
{
    cache.WithHttpEndpoint(name: "link", env: "SLUICE_GRPC_PORT");
    workers.WithHttpEndpoint(name: "link", env: "SLUICE_GRPC_PORT").WithReference(cache.GetEndpoint("link"));
    edge.WithReference(workers.GetEndpoint("link"));
}

builder.Build().Run();

// What every service gets: an admin endpoint with its health, the gateway's configuration, the folder where links meet.
IResourceBuilder<ProjectResource> AddService<TProject>(string name) where TProject : IProjectMetadata, new() => builder
    .AddProject<TProject>(name)
    .WithHttpEndpoint()
    .WithHttpHealthCheck("/health")
    .WithEnvironment("SLUICE_CONFIG", places.ConfigurationFile)
    .WithEnvironment("SLUICE_RUN_DIR", places.RunDirectory)
    .WithEnvironment("SLUICE_LINKS", suite.Links)
    .WithEnvironment("KAFKA_BOOTSTRAP_SERVER", bootstrap);
