using Sluice.Configuration.Graph;
using Sluice.Frames;
using Sluice.ProtocolWorkers.Cache;
using Sluice.ProtocolWorkers.HttpKafka;

namespace Sluice.ProtocolWorkers.Hosting;

/// <summary>Makes the part of a binding that runs on one engine.</summary>
internal delegate IBinding BindingMaker(FrameEngine engine);

/// <summary>Which binding types this room runs, and how each is made. A new one is one line here.</summary>
internal sealed class BindingTable(ILoggerFactory loggers, int produceTimeoutMs)
{
    /// <summary>Reads a binding's options, once for all engines.</summary>
    /// <returns>Null when this room has no such binding: the configuration refuses those, so it cannot come.</returns>
    public BindingMaker? Find(BindingConfiguration binding) => (binding.Type, binding.Kind) switch
    {
        ("http-kafka", "proxy") => HttpKafka(HttpKafkaOptions.Read(binding, produceTimeoutMs)),
        ("kafka", "cache_client") => CacheClient(CacheClientOptions.Read(binding), loggers.CreateLogger(binding.QualifiedName)),
        _ => null,
    };

    private static BindingMaker HttpKafka(HttpKafkaOptions options) => engine => new HttpKafkaBinding(engine, options);

    private static BindingMaker CacheClient(CacheClientOptions options, ILogger logger) =>
        engine => new CacheClientBinding(engine, options, logger);
}
