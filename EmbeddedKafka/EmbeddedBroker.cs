using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.EmbeddedKafka.Net;
using Sluice.ServiceDefaults;

namespace Sluice.EmbeddedKafka;

/// <summary>A running broker: one node, durable, speaking the Kafka protocol. The program hosts one; tests may host their own.</summary>
/// <example><c>await using var broker = await EmbeddedBroker.StartAsync(new BrokerOptions { DataDirectory = temp, Port = 0 });</c></example>
public sealed class EmbeddedBroker : IAsyncDisposable
{
    private readonly Broker _broker;
    private readonly Listener _listener;
    private int _disposed;

    private EmbeddedBroker(Broker broker, Listener listener) => (_broker, _listener) = (broker, listener);

    /// <summary>The port it listens on.</summary>
    public int Port => _listener.Port;

    /// <summary>host:port for <c>bootstrap.servers</c>.</summary>
    public string BootstrapServer =>
        string.Create(CultureInfo.InvariantCulture, $"{(_broker.Options.Host is "0.0.0.0" or "::" ? "127.0.0.1" : _broker.Options.Host)}:{Port}");

    /// <summary>Connections at this moment.</summary>
    public int Connections => _listener.Connections;

    internal Broker Inner => _broker;

    /// <summary>Opens the log, recovers it if need be, and listens.</summary>
    /// <exception cref="ServiceStartException">Directory or port in use, or settings that cannot be; the message is one line.</exception>
    public static async Task<EmbeddedBroker> StartAsync(
        BrokerOptions options, ILoggerFactory? loggers = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var logger = (loggers ?? NullLoggerFactory.Instance).CreateLogger("Sluice.EmbeddedKafka");
        // Reading a large log takes a while; it does not hold up the caller's thread.
        var broker = await Task.Run(() => new Broker(options, logger), cancellationToken);
        try
        {
            var listener = Listener.Open(broker, logger);
            listener.Start();
            return new EmbeddedBroker(broker, listener);
        }
        catch
        {
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Closes connections, flushes the log, lets go of the directory. Nothing acknowledged is lost.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _listener.DisposeAsync();
            await _broker.DisposeAsync();
        }
    }
}
