using Sluice.Configuration.Graph;
using Sluice.Configuration.Placement;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Tests.Placement;

/// <summary>design.md §2: which service runs which binding.</summary>
public sealed class RoomPlanTests
{
    [Theory]
    [InlineData("tcp", "server", Room.Edge)]
    [InlineData("tcp", "client", Room.Edge)]
    [InlineData("tls", "client", Room.Edge)]
    [InlineData("proxy", "server", Room.Edge)]
    [InlineData("http", "client", Room.Edge)]
    [InlineData("ws", "server", Room.Edge)]
    [InlineData("sse", "server", Room.Edge)]
    [InlineData("grpc", "server", Room.Edge)]
    [InlineData("mqtt", "server", Room.Edge)]
    [InlineData("filesystem", "server", Room.Edge)]
    [InlineData("http-filesystem", "proxy", Room.Edge)]
    [InlineData("echo", "server", Room.Edge)]
    [InlineData("fan", "server", Room.Edge)]
    [InlineData("http-kafka", "proxy", Room.ProtocolWorkers)]
    [InlineData("sse-kafka", "proxy", Room.ProtocolWorkers)]
    [InlineData("mqtt-kafka", "proxy", Room.ProtocolWorkers)]
    [InlineData("grpc-kafka", "proxy", Room.ProtocolWorkers)]
    [InlineData("kafka-grpc", "remote_server", Room.ProtocolWorkers)]
    [InlineData("kafka", "cache_client", Room.ProtocolWorkers)]
    [InlineData("kafka", "cache_server", Room.KafkaCache)]
    [InlineData("kafka", "client", Room.KafkaCache)]
    public void Each_kind_has_its_room(string type, string kind, Room room) =>
        Assert.Equal(room, Rooms($"b: {{ type: {type}, kind: {kind} }}")["b"]);

    [Fact]
    public void The_way_from_the_kafka_client_to_the_socket_stays_with_it()
    {
        Dictionary<string, Room> rooms = Rooms("""
            k: { type: kafka, kind: client, exit: s }
              s: { type: tls, kind: client, exit: t }
              t: { type: tcp, kind: client }
            """);
        Assert.Equal((Room.KafkaCache, Room.KafkaCache), (rooms["s"], rooms["t"]));
    }

    [Fact]
    public void A_tcp_client_that_others_use_too_stays_in_the_edge() => Assert.Equal(Room.Edge, Rooms("""
        k: { type: kafka, kind: client, exit: t }
          h: { type: http, kind: client, exit: t }
          t: { type: tcp, kind: client }
        """)["t"]);

    private static Dictionary<string, Room> Rooms(string bindings)
    {
        string text = $"name: a\nbindings:\n  {bindings}\n";
        ConfigNode document = Assert.Single(YamlReader.Read(new SourceText("f", text, text, []), new Findings()));
        var outline = new NamespaceOutline(document);
        RoomPlan.Assign([outline]);
        return outline.Bindings.ToDictionary(binding => binding.Name, binding => binding.Room);
    }
}
