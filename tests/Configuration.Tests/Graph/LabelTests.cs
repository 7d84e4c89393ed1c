using Sluice.Configuration.Graph;

namespace Sluice.Configuration.Tests.Graph;

/// <summary>config-core §1.3: ids are the same in every process, without coordination.</summary>
public sealed class LabelTests
{
    // Fixed for ever: processes of different builds must agree while one replaces the other.
    [Theory]
    [InlineData("a", 0x640c292c)]
    [InlineData("quickstart", 0x3a7b4110)]
    public void A_label_never_changes(string name, int label) => Assert.Equal(label, Labels.Of(name));

    [Fact]
    public void An_id_joins_the_labels_of_namespace_and_name()
    {
        long id = Loading.Graph(Snippets.Tcp("exit: e")).Find("a:t")!.Id;
        Assert.Equal(Labels.Of("a"), (int)(id >> 32));
        Assert.Equal(Labels.Of("t"), (int)id);
        Assert.Equal(id, Labels.Id("a:t"));
        Assert.True(id > 0);
    }

    [Fact]
    public void Bindings_are_found_by_id_and_by_name()
    {
        GatewayConfiguration graph = Loading.Graph(Snippets.Tcp("exit: e"));
        Assert.Same(graph.Find("a:e"), graph.Find(graph.Find("a:t")!.Exit!.Id));
        Assert.Null(graph.Find("a:x"));
        Assert.Null(graph.Find(1));
    }

    [Fact]
    public void Two_names_with_one_label_are_refused()
    {
        (string first, string second) = Collision();
        string error = Loading.OnlyError($"name: a\nbindings:\n  {first}: {{ type: echo, kind: server }}\n  {second}: {{ type: echo, kind: server }}\n");
        Assert.Equal($"gw.yaml:4:3: '{second}' and '{first}' (line 3) happen to get the same number in frames: rename one of them", error);
    }

    [Fact]
    public void A_guard_and_a_binding_may_share_a_name() =>
        Loading.Graph("name: a\nguards: { e: { type: inline } }\nbindings:\n" + Snippets.Echo);

    // 31 bits: a pair turns up among some 60,000 names.
    private static (string First, string Second) Collision()
    {
        var seen = new Dictionary<int, string>();
        for (int i = 0; ; i++)
        {
            string name = $"n{i}";
            if (!seen.TryAdd(Labels.Of(name), name))
                return (seen[Labels.Of(name)], name);
        }
    }
}
