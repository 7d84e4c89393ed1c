using Sluice.Configuration.Graph;

namespace Sluice.Configuration.Tests.Schema;

/// <summary>Guards, vaults, catalogs, stores and telemetry (config-core §4-6 and §8, config-kafka §10).</summary>
public sealed class ResourceTests
{
    [Fact]
    public void An_inline_guard_and_an_inline_catalog_load()
    {
        GatewayConfiguration graph = Loading.Graph("""
            name: a
            guards: { g: { type: inline, options: { identity: me, credentials: secret, format: "{identity}:{credentials}" } } }
            catalogs: { c: { type: inline, options: { subjects: { s: { schema: "{}", version: latest } } } } }
            """);
        Assert.Equal("me", graph.FindGuard("a:g")!.Options.GetString("identity"));
        Assert.Equal("{}", graph.FindCatalog("a:c")!.Options.GetMap("subjects").GetMap("s").GetString("schema"));
        Assert.Null(graph.FindVault("a:g"));
    }

    [Theory]
    [InlineData("guards: { g: { type: jwt, options: {} } }", "guard 'g' is of type 'jwt', which this version does not support yet (supported: inline)")]
    [InlineData("guards: { g: { type: inlin } }", "unknown guard type 'inlin'; did you mean 'inline'?")]
    [InlineData("guards: { g: {} }", "guards.g lacks the required key 'type'")]
    [InlineData("guards: { g: { type: inline, options: { identty: x } } }", "unknown key 'identty' in guards.g.options; did you mean 'identity'?")]
    [InlineData("guards: { g: { type: inline, vault: v } }", "unknown key 'vault' in guards.g (known: type, options, store)")]
    [InlineData("vaults: { v: { type: filesystem } }", "vault 'v' is of type 'filesystem', which this version does not support yet (supported: none yet)")]
    [InlineData("stores: { s: { type: memory } }", "store 's' is of type 'memory', which this version does not support yet")]
    [InlineData("stores: { s: { type: memroy } }", "unknown store type 'memroy'; did you mean 'memory'?")]
    [InlineData("catalogs: { c: { type: karapace } }", "catalog 'c' is of type 'karapace', which this version does not support yet (supported: inline)")]
    [InlineData("catalogs: { c: { type: inline } }", "catalogs.c.options lacks the required key 'subjects'")]
    [InlineData("catalogs: { c: { type: inline, options: { subjects: { s: {} } } } }", "catalogs.c.options.subjects.s lacks the required key 'schema'")]
    [InlineData("telemetry: { metrics: [ stream.open.received ] }", "did you mean 'stream.opens.received'?")]
    [InlineData("telemetry: { metrics: [ http.duration, http.duration ] }", "telemetry.metrics lists 'http.duration' twice")]
    [InlineData("telemetry: { attributes: { a: 7 } }", "telemetry.attributes.a must be text, not the number 7")]
    [InlineData("telemetry: { exporters: { p: { type: promtheus } } }", "unknown exporter type 'promtheus'; did you mean 'prometheus'?")]
    public void Their_shape_is_closed_and_what_no_room_serves_is_refused(string section, string error) =>
        Assert.Contains(error, Loading.OnlyError($"name: a\n{section}\n"));

    [Fact]
    public void An_exporter_without_a_room_is_a_warning_since_no_client_sees_the_difference()
    {
        const string text = "name: a\ntelemetry: { attributes: { s: shop }, metrics: [ http.duration ], exporters: { p: { type: prometheus, options: { x: 1 } } } }\n";
        Assert.Contains("nothing is exported to it", Loading.OnlyWarning(text));
        TelemetryConfiguration telemetry = Loading.Graph(text).Namespaces[0].Telemetry;
        Assert.Equal(["http.duration"], telemetry.Metrics);
        Assert.Equal("shop", Assert.Single(telemetry.Attributes).Value);
        Assert.Equal("prometheus", Assert.Single(telemetry.Exporters).Type);
    }
}
