using Sluice.Configuration.Graph;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Tests.Text;

/// <summary>What a room uses to build its own options.</summary>
public sealed class ConfigNodeTests
{
    private readonly ConfigNode _node = Loading.Graph("""
        name: a
        catalogs:
          c:
            type: inline
            options:
              subjects: { s: { schema: "text", version: latest } }
        bindings:
          t:
            type: tcp
            kind: server
            options: { host: localhost, port: [7, "10-12", 11, "7"] }
            exit: e
          e: { type: echo, kind: server }
        """).Find("a:t")!.Options;

    [Fact]
    public void Texts_lists_and_ports_read_as_such()
    {
        Assert.Equal("localhost", _node.GetString("host"));
        Assert.Equal([7, 10, 11, 12], _node.GetPorts("port"));
        Assert.Equal(4, _node.GetList("port").Count);
        Assert.Equal(["localhost"], _node.GetStrings("host"));
    }

    [Fact]
    public void Absent_keys_give_their_fallback()
    {
        Assert.Equal("x", _node.GetString("gone", "x"));
        Assert.Null(_node.GetString("gone", null));
        Assert.Equal(3, _node.GetInt("gone", 3));
        Assert.Equal(3L, _node.GetLong("gone", 3));
        Assert.Equal(0.5, _node.GetDouble("gone", 0.5));
        Assert.True(_node.GetBool("gone", true));
        Assert.Empty(_node.GetList("gone"));
        Assert.Empty(_node.GetPorts("gone"));
        Assert.Empty(_node.GetMap("gone").GetMap("deeper").Entries);
        Assert.False(_node.TryGet("gone", out _));
    }

    [Fact]
    public void A_required_key_that_is_absent_is_the_rooms_mistake() =>
        Assert.Contains("gw.yaml:11:14", Assert.Throws<KeyNotFoundException>(() => _node.GetString("gone")).Message);
}
