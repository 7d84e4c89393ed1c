using System.Net;
using Sluice.EmbeddedKafka.Groups;
using Sluice.EmbeddedKafka.Log;
using Sluice.EmbeddedKafka.Net;
using Sluice.EmbeddedKafka.Sasl;
using Sluice.EmbeddedKafka.Topics;
using Sluice.EmbeddedKafka.Transactions;

namespace Sluice.EmbeddedKafka;

/// <summary>The state behind the protocol: topics, groups, producer ids. Handlers find everything here.</summary>
internal sealed class Broker : IAsyncDisposable
{
    /// <summary>The id of the one node.</summary>
    public const int NodeId = 1;

    private readonly DirectoryClaim _claim;
    private readonly Housekeeping _housekeeping;
    private readonly (string Host, int Port)? _advertised;

    public Broker(BrokerOptions options, ILogger logger)
    {
        Options = options;
        _advertised = HostAndPort.Parse(options.Advertised);
        Users = new UserTable(options.Users);
        Tls = TlsIdentity.Load(options.TlsCertificateFile, options.TlsKeyFile);
        Memory = new MemoryBudget(options.BufferBytesMax);
        _claim = DirectoryClaim.Take(options.DataDirectory);
        LogSettings settings;
        try
        {
            ClusterId = _claim.ClusterId();
            settings = new LogSettings(options.SyncEveryBatch, options.Clock, new StorageEvents(logger));
            Topics = new TopicStore(options.DataDirectory, settings);
            Groups = new GroupCoordinator(
                new OffsetStore(Topics, options.Clock), Topics, options.ConsumerSessionTimeoutMs, options.ConsumerHeartbeatIntervalMs);
            ProducerIds = new ProducerIds(options.DataDirectory);
            Transactions = new TransactionCoordinator(Topics, Groups.Offsets, ProducerIds, options.Clock, Groups.Wanted);
            foreach (var topic in options.Topics)
            {
                topic.Apply(Topics, options.DefaultPartitions);
            }
        }
        catch
        {
            Topics?.Dispose();
            _claim.Dispose();
            throw;
        }

        _housekeeping = new Housekeeping(Topics, settings.Written, options.FlushIntervalMs, options.CleanIntervalMs);
        _housekeeping.Start();
        Groups.Start(Transactions.Tick);
    }

    public BrokerOptions Options { get; }

    public string ClusterId { get; }

    public MemoryBudget Memory { get; }

    public UserTable Users { get; }

    public TlsIdentity? Tls { get; }

    public TopicStore Topics { get; }

    public GroupCoordinator Groups { get; }

    public ProducerIds ProducerIds { get; }

    public TransactionCoordinator Transactions { get; }

    /// <summary>The address clients are told: the configured one, or the very address this client reached us at.</summary>
    public (string Host, int Port) AddressFor(Peer peer) => _advertised ?? (Text(peer.LocalEndPoint.Address), peer.LocalEndPoint.Port);

    public async ValueTask DisposeAsync()
    {
        await Groups.DisposeAsync();
        await _housekeeping.DisposeAsync();
        Topics.Close();
        _claim.Dispose();
        Tls?.Dispose();
    }

    private static string Text(IPAddress address) => (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
}
