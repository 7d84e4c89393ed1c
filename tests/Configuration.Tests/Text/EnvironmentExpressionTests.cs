using Sluice.Configuration.Graph;

namespace Sluice.Configuration.Tests.Text;

/// <summary>config-core §1.6: values are spliced into the raw text, and messages still point into the user's file.</summary>
public sealed class EnvironmentExpressionTests
{
    [Fact]
    public void A_value_may_be_a_number()
    {
        GatewayConfiguration graph = Loading.Graph(Tcp("port: ${{env.PORT}}"), ("PORT", "7114"));
        Assert.Equal([7114], graph.Find("a:t")!.Options.GetPorts("port"));
    }

    [Fact]
    public void Blanks_are_allowed_just_inside_the_braces()
    {
        GatewayConfiguration graph = Loading.Graph(Tcp("port: ${{ env.PORT\t}}"), ("PORT", "7114"));
        Assert.Equal([7114], graph.Find("a:t")!.Options.GetPorts("port"));
    }

    [Fact]
    public void A_value_may_bring_structure()
    {
        GatewayConfiguration graph = Loading.Graph(Tcp("port: ${{env.PORTS}}"), ("PORTS", "[1, \"3-5\"]"));
        Assert.Equal([1, 3, 4, 5], graph.Find("a:t")!.Options.GetPorts("port"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("  ")]
    public void An_unset_or_blank_variable_is_empty_text_and_a_warning(string? value)
    {
        LoadResult result = value is null
            ? Loading.Load("name: a\nx: ${{env.GONE}}\n")
            : Loading.Load("name: a\nx: ${{env.GONE}}\n", ("GONE", value));
        Assert.Equal(
            "gw.yaml:2:4: warning: environment variable 'GONE' is not set: empty text takes its place", result.Warnings[0].ToString());
    }

    [Fact]
    public void A_commented_line_needs_no_variable() => Assert.Empty(Loading.Warnings("name: a\n  # x: ${{env.GONE}}\n"));

    [Theory]
    [InlineData("${{aws.secrets.x}}")]
    [InlineData("${{env.}}")]
    [InlineData("${{env.A}")]
    [InlineData("${{env.A B}}")]
    public void Other_contexts_and_broken_ones_stay_as_they_are(string text) =>
        Assert.Equal("'" + text + "'", Quoted(Loading.OnlyError($"name: '{text}'\n")));

    [Fact]
    public void A_mistake_behind_a_long_value_is_found_where_the_user_wrote_it()
    {
        LoadResult result = Loading.Load(
            "name: ${{env.NAME}}\nbindngs: {}\nguards: { a: ${{env.LIST}}, 7: x }\n",
            ("NAME", "a_rather_long_name"),
            ("LIST", "{ type: inline,\n options:\n  { identity: me } }"));
        Assert.Equal(
            ["gw.yaml:2:1: unknown key 'bindngs' in the document; did you mean 'bindings'?",
             "gw.yaml:3:29: the key '7' in guards must be a name: a letter first, then letters, digits, '.', '_' or '-'",
             "gw.yaml:3:32: guards.7 must be a map, not 'x'"],
            result.Errors.Select(error => error.ToString()));
    }

    [Fact]
    public void A_mistake_inside_a_value_points_at_its_expression()
    {
        LoadResult result = Loading.Load(Tcp("port: ${{env.PORT}}"), ("PORT", "seven"));
        Assert.StartsWith("gw.yaml:6:31: bindings.t.options.port must be a port", Assert.Single(result.Errors).ToString());
    }

    [Fact]
    public void Several_expressions_on_one_line_keep_their_places()
    {
        LoadResult result = Loading.Load("name: ${{env.A}}${{env.B}}${{env.A}}\n", ("A", "x"), ("B", "/"));
        Assert.StartsWith("gw.yaml:1:7: name must be", Assert.Single(result.Errors).ToString());
    }

    private static string Tcp(string port) => $"""
        name: a
        bindings:
          t:
            type: tcp
            kind: server
            options: {"{"} host: h, {port} {"}"}
            exit: e
          e: {"{"} type: echo, kind: server {"}"}
        """;

    private static string Quoted(string message) => message[message.LastIndexOf(", not ", StringComparison.Ordinal)..][6..];
}
