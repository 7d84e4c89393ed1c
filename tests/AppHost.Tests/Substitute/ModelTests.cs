using System.Net.Sockets;

namespace Sluice.AppHost.Tests.Substitute;

/// <summary>The rules of the model, as the true host has them.</summary>
public sealed class ModelTests : IAsyncDisposable
{
    private readonly IDistributedApplicationTestingBuilder _builder = DistributedApplicationTestingBuilder.Create();

    public ValueTask DisposeAsync() => _builder.DisposeAsync();

    [Theory]
    [InlineData("")]
    [InlineData("1st")]
    [InlineData("a_b")]
    [InlineData("a--b")]
    [InlineData("a-")]
    [InlineData("ä")]
    public void A_bad_name_is_refused(string name) => Assert.Throws<ArgumentException>(() => _builder.AddParameter(name, "x"));

    [Fact]
    public void A_name_has_at_most_64_characters()
    {
        _builder.AddParameter(new string('a', 64), "x");
        Assert.Throws<ArgumentException>(() => _builder.AddParameter(new string('a', 65), "x"));
    }

    [Fact]
    public void A_name_is_taken_without_regard_to_case()
    {
        _builder.AddParameter("token", "x");
        Assert.Throws<DistributedApplicationException>(() => _builder.AddParameter("TOKEN", "x"));
    }

    [Fact]
    public void A_health_check_needs_its_endpoint_first()
    {
        IResourceBuilder<ProjectResource> probe = _builder.AddProject("probe", TestPaths.ProbeProject);
        DistributedApplicationException refused = Assert.Throws<DistributedApplicationException>(() => probe.WithHttpHealthCheck("/health"));
        Assert.Contains("no endpoint was found matching one of the specified names: https, http", refused.Message, StringComparison.Ordinal);
        probe.WithHttpEndpoint().WithHttpHealthCheck("/health");
    }

    [Fact]
    public void An_endpoint_name_is_taken_once() =>
        Assert.Throws<DistributedApplicationException>(() => _builder.AddProject("probe", TestPaths.ProbeProject).WithHttpEndpoint().WithHttpEndpoint());

    [Fact]
    public void A_resource_cannot_wait_for_itself()
    {
        IResourceBuilder<ProjectResource> probe = _builder.AddProject("probe", TestPaths.ProbeProject);
        Assert.Throws<DistributedApplicationException>(() => probe.WaitFor(probe));
    }

    [Fact]
    public Task Replicas_cannot_share_an_endpoint_without_proxy() => RefusedAsync<InvalidOperationException>(
        "cannot serve several replicas",
        probe => probe.WithEndpoint(port: 5000, targetPort: 5000, name: "x", isProxied: false).WithReplicas(2));

    [Fact]
    public Task Replicas_cannot_share_a_target_port() => RefusedAsync<InvalidOperationException>(
        "cannot listen on one targetPort", probe => probe.WithEndpoint(targetPort: 5000, name: "x").WithReplicas(2));

    [Fact]
    public Task Without_proxy_both_ports_are_one() => RefusedAsync<InvalidOperationException>(
        "must be the same", probe => probe.WithEndpoint(port: 5000, targetPort: 5001, name: "x", isProxied: false));

    [Fact]
    public Task With_proxy_both_ports_differ() => RefusedAsync<InvalidOperationException>(
        "must differ", probe => probe.WithEndpoint(port: 5000, targetPort: 5000, name: "x"));

    [Fact]
    public Task An_endpoint_without_proxy_needs_a_port() => RefusedAsync<InvalidOperationException>(
        "needs a port", probe => probe.WithEndpoint(name: "x", isProxied: false));

    [Fact]
    public async Task A_container_is_refused_with_the_way_out()
    {
        _builder.AddKafka("kafka");
        await using DistributedApplication app = await _builder.BuildAsync(TestContext.Current.CancellationToken);
        DistributedApplicationException refused = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => app.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("ConnectionStrings__kafka", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_in_a_circle_is_refused()
    {
        IResourceBuilder<ProjectResource> one = _builder.AddProject("one", TestPaths.ProbeProject);
        IResourceBuilder<ProjectResource> two = _builder.AddProject("two", TestPaths.ProbeProject).WaitFor(one);
        one.WaitFor(two);
        await using DistributedApplication app = await _builder.BuildAsync(TestContext.Current.CancellationToken);
        DistributedApplicationException refused = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => app.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("one -> two -> one", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_parameter_says_how_to_give_it()
    {
        _builder.AddParameter("token", secret: true);
        await using DistributedApplication app = await _builder.BuildAsync(TestContext.Current.CancellationToken);
        DistributedApplicationException refused = await Assert.ThrowsAsync<DistributedApplicationException>(
            () => app.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("Parameters__token", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expressions_are_composed_of_texts_and_values()
    {
        IResourceBuilder<ParameterResource> host = _builder.AddParameter("host", "h{}");
        ReferenceExpression expression = ReferenceExpression.Create($"{host}:{"12"} {{}}");
        Assert.Equal("h{}:12 {}", await expression.GetValueAsync(TestContext.Current.CancellationToken));
        Assert.Equal("{host.value}:12 {}", expression.ValueExpression);
        IResourceBuilder<ConnectionStringResource> connection = _builder.AddConnectionString("db", expression);
        Assert.Equal("h{}:12 {}", await ((IResourceWithConnectionString)connection.Resource).GetConnectionStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal("{db.connectionString}", ReferenceExpression.Create($"{connection}").ValueExpression);
    }

    [Fact]
    public void An_endpoint_is_known_by_scheme_and_name()
    {
        EndpointAnnotation endpoint = new(ProtocolType.Tcp);
        Assert.Equal(("tcp", "tcp"), (endpoint.Name, endpoint.UriScheme));
        EndpointReference missing = _builder.AddProject("probe", TestPaths.ProbeProject).GetEndpoint("nope");
        Assert.False(missing.Exists);
        Assert.Throws<InvalidOperationException>(() => missing.Url);
    }

    private async Task RefusedAsync<TException>(string part, Action<IResourceBuilder<ProjectResource>> arrange) where TException : Exception
    {
        arrange(_builder.AddProject("probe", TestPaths.ProbeProject));
        await using DistributedApplication app = await _builder.BuildAsync(TestContext.Current.CancellationToken);
        TException refused = await Assert.ThrowsAsync<TException>(() => app.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains(part, refused.Message, StringComparison.Ordinal);
    }
}
