using Sluice.Configuration.Graph;
using Sluice.Configuration.Placement;

namespace Sluice.Configuration.Tests.Graph;

/// <summary>The example everybody starts with.</summary>
public sealed class QuickstartTests
{
    private readonly GatewayConfiguration _graph = Loading.Graph(
        Examples.Read("quickstart/sluice.yaml"), ("KAFKA_BOOTSTRAP_SERVER", "localhost:9092"));

    [Fact]
    public void Loads_without_a_warning() => Assert.Empty(_graph.Warnings);

    [Fact]
    public void Each_binding_has_its_room()
    {
        Assert.Equal(["edge_tcp", "edge_http"], Names(Room.Edge));
        Assert.Equal(["items_api", "items_cache"], Names(Room.ProtocolWorkers));
        Assert.Equal(["cache", "broker", "broker_tcp"], Names(Room.KafkaCache));
    }

    [Fact]
    public void The_way_of_a_request_can_be_followed_from_socket_to_broker()
    {
        BindingConfiguration binding = _graph.Find("quickstart:edge_tcp")!;
        var way = new List<string>();
        for (; ; binding = binding.EffectiveRoutes[0].Exit!.Target!)
        {
            way.Add(binding.Name);
            if (binding.EffectiveRoutes.Count == 0)
                break;
        }

        Assert.Equal(["edge_tcp", "edge_http", "items_api", "items_cache", "cache", "broker", "broker_tcp"], way);
    }

    [Fact]
    public void Options_read_as_typed_values()
    {
        Assert.Equal([7114], _graph.Find("quickstart:edge_tcp")!.Options.GetPorts("port"));
        Assert.Equal("127.0.0.1", _graph.Find("quickstart:edge_tcp")!.Options.GetString("host"));
        Assert.Equal(["localhost:9092"], _graph.Find("quickstart:broker")!.Options.GetStrings("servers"));
        Assert.Equal(["items-snapshots"], _graph.Find("quickstart:cache")!.Options.GetStrings("bootstrap"));
    }

    [Fact]
    public void Routes_keep_their_order_conditions_and_deeds()
    {
        IReadOnlyList<RouteConfiguration> routes = _graph.Find("quickstart:items_api")!.Routes;
        Assert.Equal(["produce", "produce", "fetch", "fetch"], routes.Select(route => route.With.GetString("capability")));
        Assert.Equal(["PUT", "DELETE"], routes[1].When.Select(when => when.GetString("method")));
        Assert.Equal("${params.id}", routes[3].With.GetList("filters")[0].GetString("key"));
        Assert.Equal("application/json", routes[2].With.GetMap("merge").GetString("content-type"));
    }

    private IEnumerable<string> Names(Room room) => _graph.BindingsIn(room).Select(binding => binding.Name);
}
