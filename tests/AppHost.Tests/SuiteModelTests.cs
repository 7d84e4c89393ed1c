namespace Sluice.AppHost.Tests;

/// <summary>The picture that AppHost/Program.cs draws; nothing is started. The same in both modes.</summary>
[Collection("process-wide")]
public sealed class SuiteModelTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static readonly string[] Rooms = ["guard", "catalog", "kafka-cache", "protocol-workers", "edge"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_suite_has_its_rooms_and_the_embedded_broker()
    {
        await using IDistributedApplicationTestingBuilder builder = await CreateAsync("--services", "all");
        Assert.Equal(["kafka", .. Rooms], builder.Resources.Select(resource => resource.Name));
        Assert.IsType<ProjectResource>(Find(builder, "kafka"));
    }

    [Fact]
    public async Task Guard_and_catalog_run_only_where_the_configuration_has_something_for_them()
    {
        await using (IDistributedApplicationTestingBuilder plain = await CreateAsync())
        {
            Assert.Equal(["kafka", "kafka-cache", "protocol-workers", "edge"], plain.Resources.Select(resource => resource.Name));
        }

        await using (IDistributedApplicationTestingBuilder guarded = await CreateAsync("--config", _folder.File("guarded.yaml", """
            name: guarded
            guards:
              who: { type: inline, options: { identity: me, credentials: secret } }
            """)))
        {
            Assert.Contains(WaitsOf(Find(guarded, "edge")), wait => wait.Resource.Name == "guard");
            Assert.DoesNotContain(guarded.Resources, resource => resource.Name == "catalog");
        }

        await using IDistributedApplicationTestingBuilder described = await CreateAsync("--config", _folder.File("described.yaml", """
            name: described
            catalogs:
              what: { type: inline, options: { subjects: { item: { schema: '{}', version: latest } } } }
            """));
        Assert.Contains(WaitsOf(Find(described, "edge")), wait => wait.Resource.Name == "catalog");
        Assert.DoesNotContain(described.Resources, resource => resource.Name == "guard");
    }

    [Fact]
    public async Task A_named_kafka_replaces_the_embedded_broker()
    {
        await using IDistributedApplicationTestingBuilder builder = await CreateAsync("--kafka", "broker.example:9092");
        IResourceWithConnectionString kafka = Assert.IsAssignableFrom<IResourceWithConnectionString>(Find(builder, "kafka"));
        Assert.Equal("broker.example:9092", await kafka.GetConnectionStringAsync(TestContext.Current.CancellationToken));
        Assert.DoesNotContain(WaitsOf(Find(builder, "kafka-cache")), wait => wait.Resource.Name == "kafka");
    }

    [Fact]
    public async Task A_connection_string_replaces_the_embedded_broker()
    {
        await using IDistributedApplicationTestingBuilder builder = await CreateAsync("--ConnectionStrings:kafka", "other.example:9092");
        IResourceWithConnectionString kafka = Assert.IsAssignableFrom<IResourceWithConnectionString>(Find(builder, "kafka"));
        Assert.Equal("other.example:9092", await kafka.GetConnectionStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Every_room_has_an_admin_endpoint()
    {
        await using IDistributedApplicationTestingBuilder builder = await CreateAsync("--services", "all");
        Assert.All(Rooms, room => Assert.Contains(EndpointsOf(Find(builder, room)), endpoint => endpoint.Name == "http"));
        Assert.Contains(EndpointsOf(Find(builder, "guard")), endpoint => endpoint.Name == "grpc");
        Assert.Contains(EndpointsOf(Find(builder, "catalog")), endpoint => endpoint.Name == "grpc");
    }

    [Fact]
    public async Task The_cache_waits_for_the_broker_and_the_edge_comes_last()
    {
        await using IDistributedApplicationTestingBuilder builder = await CreateAsync();
        Assert.Contains(WaitsOf(Find(builder, "kafka-cache")), wait => wait.Resource.Name == "kafka" && wait.WaitType == WaitType.WaitUntilHealthy);
        Assert.Contains(WaitsOf(Find(builder, "protocol-workers")), wait => wait.Resource.Name == "kafka-cache");
        Assert.Contains(WaitsOf(Find(builder, "edge")), wait => wait.Resource.Name == "protocol-workers");
        Assert.DoesNotContain(builder.Resources, resource => WaitsOf(resource).Any(wait => wait.Resource.Name == "edge"));
    }

    [Fact]
    public async Task The_brokers_port_is_its_own_unless_left_free()
    {
        await using (IDistributedApplicationTestingBuilder fixedPort = await CreateAsync("--kafka-port", "19092"))
        {
            EndpointAnnotation kafka = EndpointsOf(Find(fixedPort, "kafka")).Single(endpoint => endpoint.Name == "kafka");
            Assert.Equal((19092, 19092, false), (kafka.Port, kafka.TargetPort, kafka.IsProxied));
        }

        await using IDistributedApplicationTestingBuilder freePort = await CreateAsync("--kafka-port", "0");
        EndpointAnnotation free = EndpointsOf(Find(freePort, "kafka")).Single(endpoint => endpoint.Name == "kafka");
        Assert.Equal((null, null), (free.Port, free.TargetPort));
    }

    [Fact]
    public async Task Rooms_have_the_replicas_asked_for_and_link_addresses_only_where_links_leave_the_host()
    {
        await using (IDistributedApplicationTestingBuilder near = await CreateAsync("--services", "all", "--replicas", "edge=2,kafka-cache=3"))
        {
            Assert.Equal([2, 1, 3], ((string[])["edge", "protocol-workers", "kafka-cache"]).Select(room => Find(near, room).Annotations.OfType<ReplicaAnnotation>().Last().Replicas));
            Assert.DoesNotContain(Rooms, room => EndpointsOf(Find(near, room)).Any(endpoint => endpoint.Name == "link"));
        }

        await using IDistributedApplicationTestingBuilder far = await CreateAsync("--services", "all", "--links", "grpc");
        Assert.Equal(["kafka-cache", "protocol-workers"], Rooms.Where(room => EndpointsOf(Find(far, room)).Any(endpoint => endpoint.Name == "link")));
    }

    [Fact]
    public async Task A_mistake_on_the_command_line_builds_nothing()
    {
        TextWriter error = Console.Error;
        Console.SetError(TextWriter.Null);
        try
        {
            await Assert.ThrowsAnyAsync<Exception>(() => CreateAsync("--bogus"));
        }
        finally
        {
            Console.SetError(error);
            Environment.ExitCode = 0;
        }
    }

    private static Task<IDistributedApplicationTestingBuilder> CreateAsync(params string[] args) =>
        DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(args, TestContext.Current.CancellationToken);

    private static IResource Find(IDistributedApplicationBuilder builder, string name) => builder.Resources.Single(resource => resource.Name == name);

    private static IEnumerable<EndpointAnnotation> EndpointsOf(IResource resource) => resource.Annotations.OfType<EndpointAnnotation>();

    private static IEnumerable<WaitAnnotation> WaitsOf(IResource resource) => resource.Annotations.OfType<WaitAnnotation>();
}
