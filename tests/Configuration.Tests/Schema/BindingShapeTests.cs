namespace Sluice.Configuration.Tests.Schema;

/// <summary>config-core §1.1: what every binding has in common.</summary>
public sealed class BindingShapeTests
{
    [Theory]
    [InlineData("b: { kind: server }", "gw.yaml:3:3: bindings.b lacks the required key 'type'")]
    [InlineData("b: { type: echo }", "gw.yaml:3:3: bindings.b lacks the required key 'kind'")]
    [InlineData("b: { type: 7, kind: server }", "gw.yaml:3:14: bindings.b.type must be text that is not empty, not the number 7; put it in quotes")]
    [InlineData("b: { type: htpp, kind: server }", "gw.yaml:3:14: unknown binding type 'htpp'; did you mean 'http'?")]
    [InlineData("b: { type: http-kafak, kind: proxy }", "gw.yaml:3:14: unknown binding type 'http-kafak'; did you mean 'http-kafka'?")]
    [InlineData("b: { type: echo, kind: proxy }", "gw.yaml:3:26: an echo binding has no kind 'proxy' (kinds: server)")]
    [InlineData("b: { type: kafka, kind: cache-client }", "gw.yaml:3:27: a kafka binding has no kind 'cache-client'; did you mean 'cache_client'?")]
    [InlineData("b: { type: echo, kind: server, exits: c }", "gw.yaml:3:34: unknown key 'exits' in bindings.b; did you mean 'exit'?")]
    [InlineData("b: { type: echo, kind: server, options: {} }", "gw.yaml:3:34: 'options' is not allowed on an echo server ('b'): remove it")]
    [InlineData("b: { type: echo, kind: server, exit: c }", "gw.yaml:3:34: 'exit' is not allowed on an echo server ('b'): remove it")]
    [InlineData("b: { type: echo, kind: server, routes: [] }", "gw.yaml:3:34: 'routes' is not allowed on an echo server ('b'): remove it")]
    [InlineData("b: { type: http, kind: server, exit: b, vault: v }", "gw.yaml:3:43: 'vault' is not allowed on an http server ('b'): remove it")]
    [InlineData("b: { type: http, kind: server, exit: b, entry: b }", "gw.yaml:3:43: 'entry' is not allowed on an http server ('b'): remove it")]
    [InlineData("b: { type: http, kind: server, exit: b, catalog: {} }", "gw.yaml:3:43: 'catalog' is not allowed on an http server ('b'): remove it")]
    [InlineData("b: { type: http, kind: server }", "gw.yaml:3:3: bindings.b needs an 'exit' or at least one route: its streams lead nowhere")]
    [InlineData("b: { type: http, kind: server, exit: 7 }", "gw.yaml:3:40: bindings.b.exit must be a reference: 'name' or 'namespace:name', not the number 7")]
    [InlineData("b: { type: http, kind: server, exit: 'a:b:c' }", "gw.yaml:3:40: bindings.b.exit must be a reference: 'name' or 'namespace:name', not 'a:b:c'")]
    [InlineData("b: { type: http, kind: server, routes: {} , exit: b}", "gw.yaml:3:42: bindings.b.routes must be a list, not a map")]
    [InlineData("b: { type: http, kind: server, routes: [7] }", "gw.yaml:3:43: bindings.b.routes[0] must be a map, not the number 7")]
    [InlineData("b: { type: http, kind: server, routes: [{}] }", "gw.yaml:3:43: bindings.b.routes[0] lacks the required key 'exit', and the binding has none either")]
    [InlineData("b: { type: http, kind: server, routes: [{exit: b, whem: []}] }", "gw.yaml:3:53: unknown key 'whem' in bindings.b.routes[0]; did you mean 'when'?")]
    [InlineData("b: { type: http, kind: server, exit: b, telemetry: { metric: [] } }", "gw.yaml:3:56: unknown key 'metric' in bindings.b.telemetry; did you mean 'metrics'?")]
    public void A_binding_is_closed(string binding, string error) =>
        Assert.Contains(Loading.Errors($"name: a\nbindings:\n  {binding}\n"), line => line.StartsWith(error, StringComparison.Ordinal));

    [Fact]
    public void A_type_whose_room_is_not_built_is_refused_by_name_and_not_as_a_typing_slip() => Assert.Equal(
        "gw.yaml:3:14: binding 'm' is of type 'mqtt', kind 'server', which this version does not support yet (supported: tcp server, "
        + "http server, echo server, http-kafka proxy, kafka cache_client, kafka cache_server, kafka client, and tcp client as the "
        + "exit of a kafka client)",
        Loading.OnlyError("name: a\nbindings:\n  m: { type: mqtt, kind: server, options: { whatever: 7 }, exit: m }\n"));

    [Theory]
    [InlineData("tls", "server")]
    [InlineData("tls", "proxy")]
    [InlineData("proxy", "client")]
    [InlineData("http", "client")]
    [InlineData("ws", "server")]
    [InlineData("sse", "server")]
    [InlineData("filesystem", "server")]
    [InlineData("http-filesystem", "proxy")]
    [InlineData("fan", "server")]
    [InlineData("grpc", "server")]
    [InlineData("mqtt", "client")]
    [InlineData("sse-kafka", "proxy")]
    [InlineData("mqtt-kafka", "proxy")]
    [InlineData("grpc-kafka", "proxy")]
    [InlineData("kafka-grpc", "remote_server")]
    [InlineData("openapi", "server")]
    [InlineData("asyncapi", "proxy")]
    [InlineData("openapi-asyncapi", "proxy")]
    [InlineData("mcp", "server")]
    [InlineData("mcp-http", "proxy")]
    [InlineData("amqp", "server")]
    public void Every_type_of_the_language_is_known_by_name(string type, string kind) =>
        Assert.Contains("does not support yet", Loading.OnlyError($"name: a\nbindings:\n  b: {{ type: {type}, kind: {kind} }}\n"));

    [Fact]
    public void A_tcp_client_that_no_kafka_client_exits_to_is_not_supported_yet() => Assert.Contains(
        "binding 'c' is of type 'tcp', kind 'client', which this version does not support yet",
        Loading.OnlyError("name: a\nbindings:\n  t: { type: tcp, kind: server, options: { host: h, port: 7 }, exit: c }\n  c: { type: tcp, kind: client }\n"));

    [Fact]
    public void All_mistakes_come_at_once_in_the_order_of_the_file() => Assert.Equal(
        [
            "gw.yaml:2:1: unknown key 'gaurds' in the document; did you mean 'guards'?",
            "gw.yaml:4:14: unknown binding type 'tpc'; did you mean 'tcp'?",
            "gw.yaml:5:55: bindings.h.options.versions[0] must be one of http/1.1, h2, not 'http1.1'; did you mean 'http/1.1'?",
            "gw.yaml:5:67: unknown key 'exti' in bindings.h; did you mean 'exit'?",
            "gw.yaml:6:52: bindings.t.options lacks the required key 'host'",
            "gw.yaml:6:60: bindings.t.options.port must be a port from 1 to 65535, or a range such as \"7114-7120\", not the number 70000",
        ],
        Loading.Errors("""
            name: a
            gaurds: {}
            bindings:
              x: { type: tpc, kind: server }
              h: { type: http, kind: server, options: {versions: [http1.1] }, exti: x }
              t: { type: tcp, kind: server, exit: h,  options: { port: 70000 } }
            """).Where(line => !line.Contains("leads nowhere") && !line.Contains("lead nowhere")));

    [Fact]
    public void A_thousand_mistakes_are_listed_and_the_rest_counted()
    {
        string[] errors = Loading.Errors("name: a\n" + string.Concat(Enumerable.Range(0, 1_500).Select(i => $"unknown{i}: 1\n")));
        Assert.Equal(1_001, errors.Length);
        Assert.EndsWith("and 500 more mistakes, not listed", errors[^1]);
    }

    [Fact]
    public void More_than_4096_bindings_are_refused() => Assert.Contains(
        "more than 4,096 bindings",
        Loading.OnlyError("name: a\nbindings:\n" + string.Concat(Enumerable.Range(0, 4_097).Select(i => $"  b{i}: {{ type: echo, kind: server }}\n"))));
}
