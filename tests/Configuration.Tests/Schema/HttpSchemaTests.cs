using Sluice.Configuration.Graph;

namespace Sluice.Configuration.Tests.Schema;

/// <summary>config-core §3.3.</summary>
public sealed class HttpSchemaTests
{
    [Fact]
    public void Versions_overrides_and_header_routes_load()
    {
        BindingConfiguration binding = Loading.Graph(Snippets.Http("""
            options: { versions: [ h2, http/1.1 ], overrides: { ":authority": "x:80" } },
                routes: [ { when: [ { headers: { ":path": "/v1/{id}", x-a: "*" } } ], exit: e,
                  with: { headers: { overrides: { ":path": "/in/${params.id}" } } } } ]
            """)).Find("a:h")!;
        Assert.Equal(["h2", "http/1.1"], binding.Options.GetStrings("versions"));
        Assert.Equal("/v1/{id}", binding.Routes[0].When[0].GetMap("headers").GetString(":path"));
        Assert.Equal("/in/${params.id}", binding.Routes[0].With.GetMap("headers").GetMap("overrides").GetString(":path"));
    }

    [Theory]
    [InlineData("options: { versions: [] }, exit: e", "bindings.h.options.versions needs at least 1 item")]
    [InlineData("options: { versions: [ h2, h2 ] }, exit: e", "bindings.h.options.versions lists 'h2' twice")]
    [InlineData("options: { versions: h2 }, exit: e", "bindings.h.options.versions must be a list, not 'h2'")]
    [InlineData("options: { overrides: { 'a b': x } }, exit: e", "the key 'a b' in bindings.h.options.overrides must be a header name")]
    [InlineData("options: { overrides: { a: 7 } }, exit: e", "bindings.h.options.overrides.a must be text, not the number 7; put it in quotes")]
    [InlineData("options: { acces-control: {} }, exit: e", "unknown key 'acces-control' in bindings.h.options; did you mean 'access-control'?")]
    [InlineData("routes: [ { when: [ { header: {} } ], exit: e } ]", "unknown key 'header' in bindings.h.routes[0].when[0]; did you mean 'headers'?")]
    [InlineData("routes: [ { when: [ { headers: { ':path': 7 } } ], exit: e } ]", "bindings.h.routes[0].when[0].headers.:path must be a text pattern, not the number 7; put it in quotes")]
    [InlineData("routes: [ { when: [ { headers: { ':path': '/{a}/{a}' } } ], exit: e } ]", "captures '{a}' twice")]
    [InlineData("routes: [ { when: { headers: {} }, exit: e } ]", "bindings.h.routes[0].when must be a list, not a map")]
    public void Its_shape_is_closed(string settings, string error) => Assert.Contains(error, Loading.OnlyError(Snippets.Http(settings)));

    [Theory]
    [InlineData("options: { authorization: { g: {} } }, exit: e", "bindings.h.options.authorization")]
    [InlineData("options: { access-control: { policy: cross-origin } }, exit: e", "bindings.h.options.access-control")]
    [InlineData("options: { requests: [] }, exit: e", "bindings.h.options.requests")]
    [InlineData("routes: [ { guarded: { g: [ admin ] }, exit: e } ]", "bindings.h.routes[0].guarded")]
    public void A_setting_that_protects_is_refused_and_never_ignored(string settings, string path) => Assert.Contains(
        $"{path}: this version does not support this setting of an http server yet, and refuses to ignore it",
        Assert.Single(Loading.Errors(Snippets.Http(settings))));

    [Fact]
    public void A_parameter_that_no_path_captures_is_a_mistake() => Assert.Equal(
        "gw.yaml:4:103: ${params.idd}: no ':path' pattern of this route captures '{idd}'; did you mean 'id'?",
        Loading.OnlyError(Snippets.Http(
            "routes: [ { when: [ { headers: { ':path': '/{id}' } } ], with: { headers: { overrides: { ':path': '/${params.idd}' } } }, exit: e } ]")));

    [Fact]
    public void Only_parameters_have_a_meaning_in_overrides() => Assert.Contains(
        "${idempotencyKey} has no meaning here; ${params.name} has",
        Loading.OnlyError(Snippets.Http("routes: [ { with: { headers: { overrides: { x: '${idempotencyKey}' } } }, exit: e } ]")));

    [Fact]
    public void A_brace_that_captures_nothing_is_pointed_out() => Assert.Contains(
        "a brace that does not enclose a name of letters and '_' is taken literally",
        Loading.OnlyWarning(Snippets.Http("routes: [ { when: [ { headers: { ':path': '/{id7}' } } ], exit: e } ]")));
}
