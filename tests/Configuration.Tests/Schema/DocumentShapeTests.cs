using Sluice.Configuration.Graph;

namespace Sluice.Configuration.Tests.Schema;

/// <summary>config-core §1.1 and §1.3: the root, names, namespaces.</summary>
public sealed class DocumentShapeTests
{
    [Theory]
    [InlineData("")]
    [InlineData("\n# nothing yet\n")]
    [InlineData("---\n")]
    [InlineData("---\n---\n")]
    public void An_empty_file_is_the_namespace_default(string text) =>
        Assert.Equal("default", Assert.Single(Loading.Graph(text).Namespaces).Name);

    [Fact]
    public void Json_is_accepted_since_yaml_includes_it()
    {
        GatewayConfiguration graph = Loading.Graph("""
            {"name": "a", "bindings": {"t": {"type": "tcp", "kind": "server",
              "options": {"host": "h", "port": [7, "8-9"]}, "exit": "e"}, "e": {"type": "echo", "kind": "server"}}}
            """);
        Assert.Equal([7, 8, 9], graph.Find("a:t")!.Options.GetPorts("port"));
    }

    [Fact]
    public void Each_document_is_a_namespace_and_names_reach_across()
    {
        GatewayConfiguration graph = Loading.Graph($"""
            name: edge
            bindings:
              t: {"{"} type: tcp, kind: server, options: {"{"} host: h, port: 7 {"}"}, exit: "apps:e" {"}"}
            ---
            name: apps
            bindings:
            {Snippets.Echo}
            """);
        Assert.Equal(["edge", "apps"], graph.Namespaces.Select(space => space.Name));
        Assert.Same(graph.Find("apps:e"), graph.Find("edge:t")!.Exit!.Target);
        Assert.Empty(graph.Warnings);
    }

    [Fact]
    public void A_namespace_may_be_declared_once_only() => Assert.Equal(
        "gw.yaml:3:7: the namespace 'a' is declared twice, first on line 1", Loading.OnlyError("name: a\n---\nname: a\n"));

    [Fact]
    public void Sys_is_generated_and_never_written() => Assert.Equal(
        "gw.yaml:1:7: the namespace 'sys' is generated and cannot be written by a configuration", Loading.OnlyError("name: sys\n"));

    [Theory]
    [InlineData("bindings: {}", "gw.yaml:1:1: the document lacks the required key 'name'")]
    [InlineData("- name: a", "gw.yaml:1:1: the document must be a map, not a list")]
    [InlineData("hello", "gw.yaml:1:1: the document must be a map, not 'hello'")]
    [InlineData("name: a\nbindings: []", "gw.yaml:2:11: bindings must be a map, not a list")]
    [InlineData("name: a\nbindings:", "gw.yaml:2:10: bindings is empty: it must be a map")]
    [InlineData("name: a\nversion: 1", "gw.yaml:2:1: unknown key 'version' in the document (known: name, bindings, vaults, guards, catalogs, stores, telemetry)")]
    [InlineData("name: a\nguard: {}", "gw.yaml:2:1: unknown key 'guard' in the document; did you mean 'guards'?")]
    [InlineData("name: a\nbindings: { 7: {} }", "gw.yaml:2:13: the key '7' in bindings must be a name")]
    [InlineData("name: a\nbindings: { b: 7 }", "gw.yaml:2:13: bindings.b must be a map with at least 'type' and 'kind'")]
    [InlineData("name: a\nstores: { -x: {type: memory} }", "gw.yaml:2:11: the key '-x' in stores must be a name")]
    public void The_root_is_closed(string text, string error) => Assert.StartsWith(error, Loading.Errors(text)[0]);

    [Theory]
    [InlineData("a")]
    [InlineData("Shop.v2_b-c")]
    public void Names_start_with_a_letter(string name) => Assert.Equal(name, Loading.Graph($"name: {name}").Namespaces[0].Name);

    [Theory]
    [InlineData("'1a'")]
    [InlineData("a:b")]
    [InlineData("''")]
    [InlineData("'a b'")]
    public void Other_names_are_refused(string name) => Assert.Contains("name must be text that is a name", Loading.OnlyError($"name: {name}"));
}
