using Sluice.Configuration.Graph;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Tests.Dialects;

/// <summary>config-core §1.10, config-kafka §0: 1.x shapes are accepted with one warning each.</summary>
public sealed class OlderShapeTests
{
    [Fact]
    public void The_kind_of_a_guard_never_meant_anything() => Assert.Equal(
        "gw.yaml:2:30: warning: guard 'g': 'kind' is a 1.x key without meaning; remove it",
        Loading.OnlyWarning("name: a\nguards: { g: { type: inline, kind: server } }\n"));

    [Fact]
    public void A_tcp_route_without_exit_uses_that_of_the_binding_and_warns_once()
    {
        string text = Snippets.Tcp("exit: e, routes: [ { when: [ { port: 7 } ] }, { when: [ { port: 8 } ] } ]");
        Assert.Equal("gw.yaml:4:24: warning: binding 't': a tcp server route without 'exit' is the 1.x form; give it exit: e", Loading.OnlyWarning(text));
        Assert.All(Loading.Graph(text).Find("a:t")!.Routes, route => Assert.Equal("a:e", route.Exit!.QualifiedName));
    }

    [Fact]
    public void Sasl_becomes_an_inline_guard_and_an_authorization()
    {
        var findings = new Findings();
        ConfigNode document = Sluice.Configuration.Dialects.OlderShapes.Normalise(
            Read("bindings: { k: { type: kafka, kind: client, options: { servers: [], sasl: { mechanism: scram-sha-256, username: u, password: p } } } }"),
            findings);
        ConfigNode guard = document["guards"]["k_sasl"];
        Assert.Equal(("inline", "u", "p"), (guard.GetString("type"), guard["options"].GetString("identity"), guard["options"].GetString("credentials")));
        ConfigNode options = document["bindings"]["k"]["options"];
        ConfigNode credentials = options["authorization"]["k_sasl"]["credentials"];
        Assert.Equal(
            ("scram-sha-256", "{identity}", "{credentials}"),
            (credentials.GetString("mechanism"), credentials.GetString("username"), credentials.GetString("password")));
        Assert.False(options.Has("sasl"));
        Assert.Contains("'sasl' is the 1.x form", Assert.Single(findings.SortedWarnings()).Message);
    }

    [Fact]
    public void Sasl_and_authorization_at_once_are_refused() => Assert.Contains(
        Loading.Errors(Kafka("options: { servers: [ \"h:1\" ], sasl: {}, authorization: {} }, exit: t")),
        line => line.Contains("'sasl' (1.x) and 'authorization' both log in", StringComparison.Ordinal));

    [Fact]
    public void A_login_is_refused_where_the_user_wrote_it_and_not_ignored() => Assert.StartsWith(
        "gw.yaml:3:66: bindings.k.options.authorization: this version does not support this setting of a kafka client yet",
        Loading.OnlyError(Kafka("options: { servers: [ \"h:1\" ], sasl: { username: u } }, exit: t")));

    [Fact]
    public void Conditions_on_the_routes_of_a_kafka_client_are_the_old_form() => Assert.Contains(
        "'when' on the routes of a kafka client is the 1.x form",
        Assert.Single(Loading.Warnings(Kafka("options: { servers: [ \"h:1\" ] }, routes: [ { when: [ { topic: x } ], exit: t } ]"))));

    [Fact]
    public void Topic_defaults_on_kafka_routes_are_dropped()
    {
        string text = Kafka("options: { servers: [ \"h:1\" ] }, routes: [ { with: { defaultOffset: live }, exit: t } ]");
        Assert.Contains("'with' on kafka routes is a 1.x form that no longer acts", Assert.Single(Loading.Warnings(text)));
        Assert.DoesNotContain(Loading.Errors(text), line => line.Contains("'with' is not allowed", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("exit: t")]
    [InlineData("options: {}, exit: t")]
    public void A_kafka_client_without_servers_takes_the_address_of_its_tcp_client(string settings)
    {
        string text = Kafka(settings).Replace("kind: client }", "kind: client, options: { host: broker, port: 9092 } }", StringComparison.Ordinal);
        GatewayConfiguration graph = Loading.Graph(text);
        Assert.Equal(["broker:9092"], graph.Find("a:k")!.Options.GetStrings("servers"));
        Assert.Contains(graph.Warnings, warning => warning.Message.Contains("is an old form", StringComparison.Ordinal));
    }

    [Fact]
    public void Present_shapes_give_no_warning() => Assert.Empty(Loading.Warnings(Kafka("options: { servers: [ \"h:1\" ] }, exit: t")));

    private static string Kafka(string settings) =>
        $"name: a\nbindings:\n  k: {{ type: kafka, kind: client, {settings} }}\n  t: {{ type: tcp, kind: client }}\n";

    private static ConfigNode Read(string text) =>
        Assert.Single(YamlReader.Read(new SourceText(Loading.File, text, text, []), new Findings()));
}
