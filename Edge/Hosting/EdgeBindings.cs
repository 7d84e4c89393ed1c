using Sluice.Configuration.Graph;
using Sluice.Edge.Echo;
using Sluice.Edge.Http;
using Sluice.Edge.Transport;
using Sluice.Frames;

namespace Sluice.Edge.Hosting;

/// <summary>What bindings of this room are made of.</summary>
/// <param name="Http">Kestrel behind all http servers.</param>
/// <param name="Transport">Where sockets come from.</param>
/// <param name="Limit">Client connections of the whole service.</param>
/// <param name="Logger">For words at the doors.</param>
internal sealed record EdgeParts(HttpServer Http, ITcpTransport Transport, ConnectionLimit Limit, ILogger Logger);

/// <summary>The one table of this room: which type and kind is made by what.</summary>
internal static class EdgeBindings
{
    private static readonly Dictionary<(string Type, string Kind), Func<BindingConfiguration, EdgeParts, IEdgeBinding>> Table = new()
    {
        [("tcp", "server")] = (binding, parts) => new TcpServer(TcpServerOptions.From(binding), parts.Transport, parts.Limit, parts.Logger),
        [("http", "server")] = (binding, parts) => new PerEngine(Http(HttpServerOptions.From(binding), parts)),
        [("echo", "server")] = (_, _) => new PerEngine(_ => new EchoBinding()),
    };

    /// <summary>Makes the binding of a configuration.</summary>
    /// <exception cref="InvalidOperationException">The configuration placed a type here that the table lacks: a mistake of ours.</exception>
    public static IEdgeBinding Create(BindingConfiguration binding, EdgeParts parts) =>
        Table.TryGetValue((binding.Type, binding.Kind), out Func<BindingConfiguration, EdgeParts, IEdgeBinding>? create)
            ? create(binding, parts)
            : throw new InvalidOperationException($"{binding} was placed in this room, which has no such binding");

    private static Func<FrameEngine, IBinding> Http(HttpServerOptions options, EdgeParts parts) =>
        engine => new HttpServerBinding(parts.Http, options, engine);

    /// <summary>A binding that shares nothing between engines.</summary>
    private sealed class PerEngine(Func<FrameEngine, IBinding> create) : IEdgeBinding
    {
        public IBinding Create(FrameEngine engine) => create(engine);
    }
}
