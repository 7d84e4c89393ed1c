using Sluice.Configuration.Text;

namespace Sluice.Configuration.Tests.Text;

/// <summary>YAML 1.2 with places, and the limits on it (config-core §1.1).</summary>
public sealed class YamlReaderTests
{
    [Theory]
    [InlineData("yes", ConfigNodeKind.Text)]
    [InlineData("on", ConfigNodeKind.Text)]
    [InlineData("true", ConfigNodeKind.Boolean)]
    [InlineData("True", ConfigNodeKind.Boolean)]
    [InlineData("~", ConfigNodeKind.Null)]
    [InlineData("", ConfigNodeKind.Null)]
    [InlineData("12", ConfigNodeKind.WholeNumber)]
    [InlineData("-12", ConfigNodeKind.WholeNumber)]
    [InlineData("0x1F", ConfigNodeKind.WholeNumber)]
    [InlineData("0o17", ConfigNodeKind.WholeNumber)]
    [InlineData("1.5e3", ConfigNodeKind.Number)]
    [InlineData(".5", ConfigNodeKind.Number)]
    [InlineData("1.2.3.4", ConfigNodeKind.Text)]
    [InlineData("99999999999999999999", ConfigNodeKind.Number)]
    [InlineData("'12'", ConfigNodeKind.Text)]
    [InlineData("\"true\"", ConfigNodeKind.Text)]
    [InlineData("!!str 12", ConfigNodeKind.Text)]
    [InlineData("! 12", ConfigNodeKind.Text)]
    [InlineData("!!int 12", ConfigNodeKind.WholeNumber)]
    [InlineData("[]", ConfigNodeKind.List)]
    [InlineData("{}", ConfigNodeKind.Map)]
    public void Plain_words_mean_what_the_core_schema_says(string text, ConfigNodeKind kind) =>
        Assert.Equal(kind, Read($"k: {text}\n")["k"].Kind);

    [Fact]
    public void Numbers_in_other_bases_have_their_value()
    {
        ConfigNode map = Read("a: 0x1F\nb: 0o17\nc: +7\n");
        Assert.Equal((31, 15, 7), (map.GetInt("a"), map.GetInt("b"), map.GetInt("c")));
    }

    [Fact]
    public void Maps_keep_the_order_of_the_file_and_every_node_its_place()
    {
        ConfigNode map = Read("z: 1\ny:\n  - a\n  - {b: c}\n");
        Assert.Equal(["z", "y"], map.Entries.Select(entry => entry.Key));
        Assert.Equal("gw.yaml:4:9", map["y"].Items[1]["b"].Position.ToString());
        Assert.Equal("gw.yaml:4:6", Assert.Single(map["y"].Items[1].Entries).KeyPosition.ToString());
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\r")]
    public void Lines_are_counted_with_any_line_end(string lineEnd) =>
        Assert.Equal("gw.yaml:3:4", Read($"a: 1{lineEnd}# b{lineEnd}c: 2{lineEnd}")["c"].Position.ToString());

    [Fact]
    public void A_duplicate_key_is_an_error_that_names_the_first() => Assert.Equal(
        "gw.yaml:3:1: duplicate key 'bindings': it is already set on line 2", Loading.OnlyError("name: a\nbindings: {}\nbindings: {}\n"));

    [Fact]
    public void An_alias_is_the_node_it_names()
    {
        ConfigNode map = Read("a: &x { k: 1 }\nb: *x\n");
        Assert.Same(map["a"], map["b"]);
    }

    [Theory]
    [InlineData("name: *gone\n", "gw.yaml:1:7: alias '*gone' names no anchor above it")]
    [InlineData("name: &a [ *a ]\n", "gw.yaml:1:12: alias '*a' names no anchor above it")]
    [InlineData("? [a]\n: b\n", "gw.yaml:1:3: a key must be plain text, not a list, a map or an alias")]
    [InlineData("name: !mine a\n", "gw.yaml:1:7: the YAML tag '!mine' means nothing here: remove it")]
    public void What_yaml_allows_but_a_configuration_has_no_use_for_is_refused(string text, string error) =>
        Assert.Equal(error, Loading.OnlyError(text));

    [Fact]
    public void Text_that_is_not_yaml_is_one_error_with_a_place()
    {
        string error = Loading.OnlyError("name: a\nbindings: [ a, b\nguards: {}\n");
        Assert.StartsWith("gw.yaml:", error);
        Assert.Contains("not valid YAML: ", error);
        Assert.DoesNotContain("(Line:", error);
    }

    [Fact]
    public void A_finding_is_one_printable_line_whatever_it_quotes()
    {
        string error = Loading.OnlyError("name: a\n\"x\\n\\e[31m\": 1\n");
        Assert.StartsWith("gw.yaml:2:1: unknown key 'x  [31m' in the document", error);
        Assert.True(Loading.OnlyError($"name: a\n? {new string('k', 100_000)}\n: 1\n").Length < 2_100);
    }

    [Fact]
    public void An_unquoted_expression_in_a_flow_map_gets_advice() =>
        Assert.Contains("needs quotes", Loading.OnlyError("name: a\nwith: { key: ${params.id} }\n"));

    [Fact]
    public void Nesting_deeper_than_64_is_refused()
    {
        Assert.Equal(
            $"gw.yaml:1:{"name: ".Length + 65}: nested deeper than 64 levels", Loading.OnlyError("name: " + new string('[', 100_000)));
    }

    [Fact]
    public void Aliases_of_aliases_cannot_grow_without_bound()
    {
        var text = new System.Text.StringBuilder("name: a\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 10; i++)
            text.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        Assert.Contains("more than 250,000 values once aliases are followed", Loading.OnlyError(text.ToString()));
    }

    [Fact]
    public void More_than_4_MiB_of_text_is_refused() => Assert.Equal(
        "gw.yaml:1:1: the text is larger than 4 MiB", Loading.OnlyError(new string('#', TextLimits.TextBytesMax + 1)));

    [Fact]
    public void A_value_of_the_environment_counts_as_text()
    {
        LoadResult result = Loading.Load("name: a # ${{env.BIG}}", ("BIG", new string('x', TextLimits.TextBytesMax)));
        Assert.Contains("larger than 4 MiB", Assert.Single(result.Errors).Message);
    }

    private static ConfigNode Read(string text)
    {
        var findings = new Findings();
        ConfigNode node = Assert.Single(YamlReader.Read(new SourceText(Loading.File, text, text, []), findings));
        Assert.Empty(findings.SortedErrors());
        return node;
    }
}
