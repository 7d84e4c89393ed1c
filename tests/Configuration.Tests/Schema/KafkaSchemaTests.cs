namespace Sluice.Configuration.Tests.Schema;

/// <summary>config-kafka §2.</summary>
public sealed class KafkaSchemaTests
{
    [Theory]
    [InlineData("localhost:9092")]
    [InlineData("broker-1.example.com:9092")]
    [InlineData("[::1]:9092")]
    public void Servers_are_host_and_port(string server) => Loading.Graph(Client($"servers: [ \"{server}\" ]"));

    [Theory]
    [InlineData("localhost")]
    [InlineData("localhost:0")]
    [InlineData(":9092")]
    [InlineData("::1:9092")]
    [InlineData("a:1,b:2")]
    [InlineData("localhost:x")]
    public void Anything_else_is_refused(string server) => Assert.Contains(
        $"bindings.k.options.servers[0] must be text of the form host:port, not '{server}'",
        Loading.OnlyError(Client($"servers: [ \"{server}\" ]")));

    [Fact]
    public void A_client_needs_servers()
    {
        Assert.Contains("bindings.k.options lacks the required key 'servers'", Loading.OnlyError(Client("")));
        Assert.Contains("bindings.k.options.servers needs at least 1 item", Loading.OnlyError(Client("servers: []")));
    }

    [Theory]
    [InlineData("cache_server", "bootstrap: [ \"a b\" ]", "bindings.s.options.bootstrap[0] must be a topic name")]
    [InlineData("cache_server", "bootstrap: [ x, x ]", "bindings.s.options.bootstrap lists 'x' twice")]
    [InlineData("cache_server", "topics: [ { defaultOffset: live } ]", "bindings.s.options.topics[0] lacks the required key 'name'")]
    [InlineData("cache_server", "topics: [ { name: x, defaultOffset: latest } ]", "must be one of live, historical, not 'latest'")]
    [InlineData("cache_server", "topics: [ { name: x, value: json } ]", "bindings.s.options.topics[0].value: this version does not support this setting")]
    [InlineData("cache_client", "bootstrap: [ x ]", "unknown key 'bootstrap' in bindings.s.options (known: topics)")]
    [InlineData("cache_client", "topics: [ { name: x, transforms: [] } ]", "bindings.s.options.topics[0].transforms: this version does not support this setting")]
    public void Cache_options_are_closed(string kind, string options, string error) => Assert.Contains(
        Loading.Errors($"name: a\nbindings:\n  s: {{ type: kafka, kind: {kind}, exit: k, options: {{ {options} }} }}\n"
            + "  k: { type: kafka, kind: client, exit: t, options: { servers: [ \"h:1\" ] } }\n  t: { type: tcp, kind: client }\n"),
        line => line.Contains(error, StringComparison.Ordinal));

    [Fact]
    public void A_cache_that_starts_from_history_loads() => Loading.Graph(
        "name: a\nbindings:\n" + Snippets.Chain.Replace(
            "kind: cache_server,", "kind: cache_server, options: { bootstrap: [ t ], topics: [ { name: t, defaultOffset: historical, deltaType: none } ] },", StringComparison.Ordinal));

    [Fact]
    public void A_login_that_would_not_be_used_is_refused() => Assert.Contains(
        "bindings.k.options.authorization: this version does not support this setting of a kafka client yet",
        Assert.Single(Loading.Errors(Client("servers: [ \"h:1\" ], authorization: { g: {} }"))));

    private static string Client(string options) =>
        $"name: a\nbindings:\n  k: {{ type: kafka, kind: client, exit: t, options: {{ {options} }} }}\n  t: {{ type: tcp, kind: client }}\n";
}
