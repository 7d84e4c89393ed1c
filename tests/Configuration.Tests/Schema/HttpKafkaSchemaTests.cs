using Sluice.Configuration.Graph;

namespace Sluice.Configuration.Tests.Schema;

/// <summary>config-kafka §3.2 and §4.1.</summary>
public sealed class HttpKafkaSchemaTests
{
    [Theory]
    [InlineData("{ capability: produce, topic: t, key: \"${params.id}\", acks: leader_only, overrides: { x: \"${idempotencyKey}\" } }")]
    [InlineData("{ capability: fetch, topic: \"t-${params.id}\", filters: [ { key: \"${params.id}\", headers: { h: v } } ] }")]
    [InlineData("{ capability: fetch, topic: t, merge: { content-type: application/json, patch: { initial: \"[]\", path: /- } } }")]
    public void Produce_and_fetch_load(string with) => Assert.Empty(Loading.Graph(Snippets.HttpKafka(with)).Warnings);

    [Theory]
    [InlineData("{}", "gw.yaml:7:13: bindings.p.routes[0].with lacks the required key 'capability': fetch or produce")]
    [InlineData("{ capability: fetsh, topic: t }", "gw.yaml:7:27: bindings.p.routes[0].with.capability must be one of fetch, produce, not 'fetsh'; did you mean 'fetch'?")]
    [InlineData("{ capability: fetch }", "gw.yaml:7:13: bindings.p.routes[0].with lacks the required key 'topic'")]
    [InlineData("{ capability: fetch, topic: t, key: k }", "gw.yaml:7:44: unknown key 'key' in bindings.p.routes[0].with (known: capability, topic, filters, merge)")]
    [InlineData("{ capability: fetch, topic: t, merge: { content-type: text/plain } }", "gw.yaml:7:67: bindings.p.routes[0].with.merge.content-type must be 'application/json', not 'text/plain'")]
    [InlineData("{ capability: fetch, topic: t, merge: { content-type: application/json, patch: { initial: \"{}\", path: /- } } }", "gw.yaml:7:103: bindings.p.routes[0].with.merge.patch.initial must be '[]', not '{}'")]
    [InlineData("{ capability: produce, topic: t, acks: all }", "gw.yaml:7:52: bindings.p.routes[0].with.acks must be one of in_sync_replicas, leader_only, none, not 'all'")]
    [InlineData("{ capability: produce, topic: t, key: 7 }", "gw.yaml:7:51: bindings.p.routes[0].with.key must be text, not the number 7; put it in quotes")]
    [InlineData("{ capability: produce, topic: t, key: \"${params.idd}\" }", "gw.yaml:7:51: ${params.idd}: no 'path' pattern of this route captures '{idd}'; did you mean 'id'?")]
    [InlineData("{ capability: produce, topic: t, key: \"${correlationId}\" }", "gw.yaml:7:51: bindings.p.routes[0].with.key: ${correlationId} has no meaning here")]
    [InlineData("{ capability: fetch, topic: \"${idempotencyKey}\" }", "gw.yaml:7:41: bindings.p.routes[0].with.topic: ${idempotencyKey} has no meaning here")]
    [InlineData("{ capability: produce, topic: t, key: \"${param.id}\" }", "gw.yaml:7:51: bindings.p.routes[0].with.key: unknown expression '${param.id}'; did you mean '${params.id}'?")]
    [InlineData("{ capability: produce, topic: t, key: \"${guarded['g'].identity}\" }", "gw.yaml:7:51: bindings.p.routes[0].with.key: ${guarded['g'].identity} is not supported yet: no guard would fill it in")]
    [InlineData("{ capability: produce, topic: t, reply-to: r }", "gw.yaml:7:46: bindings.p.routes[0].with.reply-to: this version does not support this setting of an http-kafka proxy yet")]
    public void With_is_closed_for_each_capability(string with, string error) =>
        Assert.StartsWith(error, Loading.OnlyError(Snippets.HttpKafka(with)));

    [Theory]
    [InlineData("[ { path: items } ]", "gw.yaml:6:33: bindings.p.routes[0].when[0].path must be a text pattern that starts with '/', not 'items'")]
    [InlineData("[ { method: 7 } ]", "gw.yaml:6:35: bindings.p.routes[0].when[0].method must be text that is not empty, not the number 7")]
    [InlineData("[ { headers: {} } ]", "gw.yaml:6:27: unknown key 'headers' in bindings.p.routes[0].when[0] (known: method, path)")]
    public void When_is_closed(string when, string error) =>
        Assert.StartsWith(error, Loading.OnlyError(Snippets.HttpKafka("{ capability: fetch, topic: t }", when)));

    [Fact]
    public void One_condition_that_captures_a_parameter_is_enough() => Loading.Graph(Snippets.HttpKafka(
        "{ capability: produce, topic: t, key: \"${params.id}\" }", "[ { path: /items }, { path: \"/items/{id}\" } ]"));

    [Fact]
    public void The_exit_of_the_binding_serves_routes_without_one()
    {
        GatewayConfiguration graph = Loading.Graph($"""
            name: a
            bindings:
              p:
                type: http-kafka
                kind: proxy
                exit: c
                routes: [ {"{"} with: {"{"} capability: fetch, topic: t {"}"} {"}"} ]
            {Snippets.Chain}
            """);
        Assert.Equal("a:c", graph.Find("a:p")!.Routes[0].Exit!.QualifiedName);
    }

    [Theory]
    [InlineData("exit: c", "bindings.p needs at least one route")]
    [InlineData("routes: [ { exit: c } ]", "bindings.p.routes[0] lacks the required key 'with'")]
    [InlineData("routes: [ { with: { capability: fetch, topic: t } } ]", "bindings.p.routes[0] lacks the required key 'exit', and the binding has none either")]
    [InlineData("options: { idempotency: { headr: x } }, exit: c, routes: [ { with: { capability: fetch, topic: t } } ]", "did you mean 'header'?")]
    public void A_proxy_needs_routes_that_say_what_to_do_and_where_to_go(string settings, string error) => Assert.Contains(
        Loading.Errors($"name: a\nbindings:\n  p: {{ type: http-kafka, kind: proxy, {settings} }}\n{Snippets.Chain}"),
        line => line.Contains(error, StringComparison.Ordinal));
}
