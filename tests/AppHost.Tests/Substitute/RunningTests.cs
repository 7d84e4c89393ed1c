using System.Diagnostics;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Sluice.AppHost.Tests.Substitute;

/// <summary>Real processes through the testing builder: what they are told, when they start, that they come back.</summary>
public sealed class RunningTests : IAsyncDisposable
{
    private readonly IDistributedApplicationTestingBuilder _builder = DistributedApplicationTestingBuilder.Create();
    private readonly TempFolder _folder = new();
    private readonly CancellationTokenSource _deadline = new(TestProcess.Deadline);

    private CancellationToken Deadline => _deadline.Token;

    public async ValueTask DisposeAsync()
    {
        await _builder.DisposeAsync();
        _folder.Dispose();
        _deadline.Dispose();
    }

    [Fact]
    public async Task A_service_is_told_its_addresses_and_those_of_others()
    {
        IResourceBuilder<ParameterResource> token = _builder.AddParameter("token", "s3cret");
        IResourceBuilder<ConnectionStringResource> kafka = _builder.AddConnectionString("kafka", ReferenceExpression.Create($"{"broker"}:9092"));
        IResourceBuilder<ProjectResource> target = AddProbe("the-target").WithHttpEndpoint(name: "grpc", env: "GRPC_PORT");
        AddProbe("asker").WithReference(target).WithReference(kafka).WithReference("far", new Uri("http://far.example/"))
            .WithEnvironment("TOKEN", token)
            .WithEnvironment("TARGET", ReferenceExpression.Create($"at {target.GetEndpoint("http").Property(EndpointProperty.Port)}"))
            .WithArgs("--plain", "x").WithArgs(target.GetEndpoint("http"));
        await using DistributedApplication app = await StartAsync("the-target", "asker");
        using HttpClient asker = app.CreateHttpClient("asker");
        using HttpClient askee = app.CreateHttpClient("the-target");
        Task<string> Variable(string name) => asker.GetStringAsync($"/env/{name}", Deadline);

        string url = app.GetEndpoint("the-target").ToString().TrimEnd('/');
        string grpc = app.GetEndpoint("the-target", "grpc").ToString().TrimEnd('/');
        Assert.Equal(url, await Variable("services__the-target__http__0"));
        Assert.Equal(url, await Variable("THE_TARGET_HTTP"));
        Assert.Equal(grpc, await Variable("services__the-target__grpc__0"));
        Assert.Equal("http://far.example/", await Variable("services__far__default__0"));
        Assert.Equal("broker:9092", await Variable("ConnectionStrings__kafka"));
        Assert.Equal("s3cret", await Variable("TOKEN"));
        Assert.Equal($"at {new Uri(url).Port}", await Variable("TARGET"));
        Assert.Equal($"--plain x {url}", await asker.GetStringAsync("/args", Deadline));
        Assert.Equal(app.GetEndpoint("asker").ToString().TrimEnd('/'), await Variable("ASPNETCORE_URLS"));
        Assert.Equal("asker", await Variable("OTEL_SERVICE_NAME"));
        Assert.StartsWith("service.instance.id=", await Variable("OTEL_RESOURCE_ATTRIBUTES"), StringComparison.Ordinal);
        Assert.Equal(Environment.ProcessId.ToString(), await Variable("SLUICE_PARENT_PID"));
        Assert.Equal(new Uri(grpc).Port.ToString(), await askee.GetStringAsync("/env/GRPC_PORT", Deadline));
        Assert.Equal("broker:9092", await app.GetConnectionStringAsync("kafka", Deadline));
    }

    [Fact]
    public async Task A_service_starts_only_when_what_it_waits_for_is_healthy()
    {
        string gate = Path.Combine(_folder.Path, "gate");
        IResourceBuilder<ProjectResource> slow = AddProbe("slow").WithEnvironment("PROBE_GATE_FILE", gate);
        AddProbe("eager").WaitForStart(slow);
        AddProbe("patient").WaitFor(slow);
        await using DistributedApplication app = await StartAsync("eager");

        Assert.Equal(KnownResourceStates.Waiting, StateOf(app, "patient"));
        Assert.Equal(HealthStatus.Unhealthy, SnapshotOf(app, "slow").HealthStatus);
        Assert.Contains("waiting for the gate", (await app.ResourceNotifications.WaitForResourceAsync(
            "slow", change => change.Snapshot.HealthReports is [{ Description: { } text }] && text.Contains("gate", StringComparison.Ordinal), Deadline))
            .Snapshot.HealthReports[0].Description, StringComparison.Ordinal);
        await File.WriteAllTextAsync(gate, "", Deadline);
        await app.ResourceNotifications.WaitForResourceHealthyAsync("patient", Deadline);
    }

    [Fact]
    public async Task A_killed_service_returns_on_the_same_address()
    {
        AddProbe("probe");
        await using DistributedApplication app = await StartAsync("probe");
        Uri before = app.GetEndpoint("probe");
        int pid = PidOf(app, "probe");
        using (Process process = Process.GetProcessById(pid))
        {
            process.Kill();
        }

        ResourceEvent back = await app.ResourceNotifications.WaitForResourceAsync(
            "probe", change => change.Snapshot.HealthStatus == HealthStatus.Healthy && PidOf(change.Snapshot) != pid, Deadline);
        Assert.Equal(1, back.Snapshot.Restarts);
        Assert.Equal(137, back.Snapshot.ExitCode);
        Assert.Equal(before, app.GetEndpoint("probe"));
        using HttpClient client = app.CreateHttpClient("probe");
        Assert.Equal(PidOf(back.Snapshot).ToString(), await client.GetStringAsync("/pid", Deadline));
    }

    [Fact]
    public async Task Replicas_have_their_own_addresses_and_numbers()
    {
        IResourceBuilder<ProjectResource> many = AddProbe("many").WithReplicas(2);
        AddProbe("asker").WithReference(many).WaitFor(many);
        await using DistributedApplication app = await StartAsync("asker");
        using HttpClient asker = app.CreateHttpClient("asker");
        List<string> numbers = [];
        List<string> instances = [];
        for (int i = 0; i < 2; i++)
        {
            using HttpClient replica = new() { BaseAddress = new Uri(await asker.GetStringAsync($"/env/services__many__http__{i}", Deadline)) };
            numbers.Add(await replica.GetStringAsync("/env/SLUICE_INSTANCE", Deadline));
            instances.Add(await replica.GetStringAsync("/env/OTEL_RESOURCE_ATTRIBUTES", Deadline));
        }

        Assert.Equal(["0", "1"], numbers);
        Assert.NotEqual(instances[0], instances[1]);
        Assert.NotEqual(PidOf(app, "many-0"), PidOf(app, "many-1"));
    }

    [Fact]
    public async Task A_service_that_cannot_start_ends_the_waiting_with_its_own_words()
    {
        AddProbe("probe").WithEnvironment("PROBE_REFUSE", "probe: the port is taken").WithEnvironment("PROBE_REFUSE_CODE", "1");
        await using DistributedApplication app = await _builder.BuildAsync(Deadline);
        await app.StartAsync(Deadline);
        DistributedApplicationException failed = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => app.ResourceNotifications.WaitForResourceHealthyAsync("probe", Deadline));
        Assert.Contains("probe: the port is taken", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_may_end_and_others_wait_for_it()
    {
        IResourceBuilder<ExecutableResource> job = _builder.AddExecutable("job", "sh", _folder.Path, "-c", "echo done > made; exit 7");
        AddProbe("after").WaitForCompletion(job, exitCode: 7);
        await using DistributedApplication app = await StartAsync("after");
        Assert.Equal(KnownResourceStates.Finished, StateOf(app, "job"));
        Assert.Equal("done\n", await File.ReadAllTextAsync(Path.Combine(_folder.Path, "made"), Deadline));
    }

    [Fact]
    public async Task An_explicit_start_is_left_to_someone()
    {
        AddProbe("probe");
        AddProbe("later").WithExplicitStart();
        await using DistributedApplication app = await StartAsync("probe");
        Assert.Equal(KnownResourceStates.NotStarted, StateOf(app, "later"));
    }

    [Fact]
    public async Task Stopping_ends_every_process_in_the_order_of_dependence()
    {
        IResourceBuilder<ProjectResource> first = AddProbe("first");
        AddProbe("second").WaitFor(first);
        List<string> stopped = [];
        _builder.Eventing.Subscribe<ResourceStoppedEvent>((stop, _) =>
        {
            lock (stopped)
            {
                stopped.Add(stop.Resource.Name);
            }

            return Task.CompletedTask;
        });
        DistributedApplication app = await StartAsync("first", "second");
        int[] pids = [PidOf(app, "first"), PidOf(app, "second")];
        await app.StopAsync(Deadline);
        Assert.Equal(["second", "first"], stopped);
        Assert.Equal(0, SnapshotOf(app, "first").ExitCode);
        await app.DisposeAsync();
        await TestProcess.GoneAsync(pids[0]);
        await TestProcess.GoneAsync(pids[1]);
    }

    private IResourceBuilder<ProjectResource> AddProbe(string name) =>
        _builder.AddProject(name, TestPaths.ProbeProject).WithHttpEndpoint().WithHttpHealthCheck("/health");

    private async Task<DistributedApplication> StartAsync(params string[] awaited)
    {
        DistributedApplication app = await _builder.BuildAsync(Deadline);
        await app.StartAsync(Deadline);
        foreach (string name in awaited)
        {
            await app.ResourceNotifications.WaitForResourceHealthyAsync(name, Deadline);
        }

        return app;
    }

    private static CustomResourceSnapshot SnapshotOf(DistributedApplication app, string id) =>
        app.ResourceNotifications.TryGetCurrentState(id, out ResourceEvent? known) ? known.Snapshot : throw new InvalidOperationException(id);

    private static string StateOf(DistributedApplication app, string id) => SnapshotOf(app, id).State!.Text;

    private static int PidOf(DistributedApplication app, string id) => PidOf(SnapshotOf(app, id));

    private static int PidOf(CustomResourceSnapshot snapshot) =>
        (int)snapshot.Properties.Single(property => property.Name == "executable.pid").Value!;
}
