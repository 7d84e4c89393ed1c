using Sluice.Configuration.Graph;

namespace Sluice.Configuration.Tests.Schema;

/// <summary>config-core §3.1.</summary>
public sealed class TcpSchemaTests
{
    [Theory]
    [InlineData("7", new[] { 7 })]
    [InlineData("\"7\"", new[] { 7 })]
    [InlineData("\"7-9\"", new[] { 7, 8, 9 })]
    [InlineData("7-9", new[] { 7, 8, 9 })]
    [InlineData("[ 9, \"7-8\", 8 ]", new[] { 9, 7, 8 })]
    [InlineData("65535", new[] { 65535 })]
    public void A_port_is_a_number_a_range_or_a_list_of_both(string port, int[] ports)
    {
        GatewayConfiguration graph = Loading.Graph(Snippets.Tcp("exit: e", $"{{ host: h, port: {port} }}"));
        Assert.Equal(ports, graph.Find("a:t")!.Options.GetPorts("port"));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("-1")]
    [InlineData("\"9-7\"")]
    [InlineData("\"7-\"")]
    [InlineData("\"a-b\"")]
    [InlineData("7.5")]
    [InlineData("true")]
    [InlineData("[ x ]")]
    [InlineData("{}")]
    public void Any_other_port_is_refused(string port) =>
        Assert.Contains("must be a port from 1 to 65535", Loading.OnlyError(Snippets.Tcp("exit: e", $"{{ host: h, port: {port} }}")));

    [Fact]
    public void A_list_of_ports_holds_1_to_1024_entries()
    {
        Assert.Contains("must list 1 to 1024 ports", Loading.OnlyError(Snippets.Tcp("exit: e", "{ host: h, port: [] }")));
        string many = string.Join(", ", Enumerable.Repeat("1-65535", 1025));
        Assert.Contains("must list 1 to 1024 ports", Loading.OnlyError(Snippets.Tcp("exit: e", $"{{ host: h, port: [{many}] }}")));
    }

    [Theory]
    [InlineData("{ host: h }", "gw.yaml:3:42: bindings.t.options lacks the required key 'port'")]
    [InlineData("{ port: 7 }", "gw.yaml:3:42: bindings.t.options lacks the required key 'host'")]
    [InlineData("{ host: '', port: 7 }", "gw.yaml:3:50: bindings.t.options.host must be text that is not empty, not ''")]
    [InlineData("{ host: h, port: 7, backlog: 5 }", "gw.yaml:3:62: unknown key 'backlog' in bindings.t.options (known: host, port)")]
    public void Host_and_port_are_needed_and_all_there_is(string options, string error) =>
        Assert.Equal(error, Loading.OnlyError(Snippets.Tcp("exit: e", options)));

    [Fact]
    public void A_server_needs_options() => Assert.Contains(
        "gw.yaml:3:3: bindings.t.options lacks the required key 'host'",
        Loading.Errors("name: a\nbindings:\n  t: { type: tcp, kind: server, exit: e }\n  e: { type: echo, kind: server }\n"));

    [Theory]
    [InlineData("routes: [ { when: [ { port: 7 }, { cidr: \"10.0.0.0/8\" }, { authority: \"*.x\" } ], exit: e } ]")]
    [InlineData("routes: [ { when: [ { cidr: \"::1/128\" } ], exit: e } ]")]
    public void Routes_by_port_address_block_and_name_load(string routes) => Loading.Graph(Snippets.Tcp(routes));

    [Theory]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0/x")]
    [InlineData("::1/129")]
    [InlineData("/8")]
    public void A_bad_address_block_is_refused(string cidr) => Assert.Contains(
        "must be an address block", Loading.OnlyError(Snippets.Tcp($"routes: [ {{ when: [ {{ cidr: \"{cidr}\" }} ], exit: e }} ]")));

    [Fact]
    public void With_is_forbidden() => Assert.Equal(
        "gw.yaml:4:26: 'with' is not allowed on a tcp server ('t'): remove it",
        Loading.OnlyError(Snippets.Tcp("routes: [ { exit: e, with: {} } ]")));

    [Fact]
    public void A_guard_that_would_not_be_asked_is_refused() => Assert.Contains(
        "bindings.t.routes[0].guarded: this version does not support this setting of a tcp server yet, and refuses to ignore it",
        Assert.Single(Loading.Errors(Snippets.Tcp("routes: [ { guarded: { g: [] }, exit: e } ]"))));

    [Fact]
    public void A_client_has_no_exit() => Assert.Contains(
        "'exit' is not allowed on a tcp client ('t')",
        Loading.OnlyError("name: a\nbindings:\n  " + Snippets.Chain.Replace("kind: client }", "kind: client, exit: s }", StringComparison.Ordinal).TrimStart()));

    [Fact]
    public void Options_of_the_tcp_client_below_kafka_are_not_dialled() => Assert.Contains(
        "bindings.t.options are not dialled",
        Loading.OnlyWarning("name: a\nbindings:\n  " + Snippets.Chain.Replace(
            "kind: client }", "kind: client, options: { host: h, port: 1 } }", StringComparison.Ordinal).TrimStart()));
}
