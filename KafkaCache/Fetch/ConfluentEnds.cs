using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Sluice.KafkaCache.Fetch;

/// <summary>Asks the broker where partitions end, over a connection of its own: on that of the consumer an answer waits behind its long poll.</summary>
/// <remarks>
/// Asked when a topic begins to be cached, and when readers come from another cache, which is seldom; so the connection is made when it is
/// needed and given up a time after.
/// </remarks>
internal sealed class ConfluentEnds(string servers, string clientId, Action<string> onFailed) : IDisposable
{
    private const int KeptMs = 5000; // A cache that died leaves many topics: one connection for all of them. It costs ten looks for answers a second.

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private IAdminClient? _admin;
    private Timer? _giveUp;
    private int _users;

    /// <summary>Offset behind the last record of each partition that readers may see; fewer, or none, when the broker does not say.</summary>
    public async Task<IReadOnlyDictionary<int, long>> AskAsync(string topic, int partitionCount)
    {
        try
        {
            using Use use = Take();
            ListOffsetsResult result = await use.Admin.ListOffsetsAsync(
                Enumerable.Range(0, partitionCount).Select(partition => new TopicPartitionOffsetSpec
                {
                    TopicPartition = new TopicPartition(topic, partition),
                    OffsetSpec = OffsetSpec.Latest(),
                }),
                new ListOffsetsOptions { IsolationLevel = IsolationLevel.ReadCommitted, RequestTimeout = Timeout }).ConfigureAwait(false);
            return result.ResultInfos.Select(info => info.TopicPartitionOffsetError)
                .Where(end => !end.Error.IsError && end.Offset.Value >= 0)
                .ToDictionary(end => end.Partition.Value, end => end.Offset.Value);
        }
        catch (Exception exception) when (exception is KafkaException or InvalidOperationException)
        {
            onFailed(exception.Message);
            return new Dictionary<int, long>();
        }
    }

    /// <summary>Gives the connection up. Nobody asks any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _giveUp?.Dispose();
            _admin?.Dispose();
            _admin = null;
        }
    }

    private Use Take()
    {
        lock (_lock)
        {
            _admin ??= new AdminClientBuilder(new AdminClientConfig
            {
                BootstrapServers = servers,
                ClientId = clientId,
                SocketNagleDisable = true,
                ReconnectBackoffMs = 50,
                ReconnectBackoffMaxMs = 1000,
                TopicMetadataRefreshIntervalMs = -1,
            }).SetLogHandler(static (_, _) => { }).Build(); // The consumer's connection has the same trouble, and says so.
            _users++;
            return new Use(this, _admin);
        }
    }

    private void Leave()
    {
        lock (_lock)
        {
            _users--;
            _giveUp ??= new Timer(_ => GiveUp());
            _giveUp.Change(KeptMs, System.Threading.Timeout.Infinite);
        }
    }

    private void GiveUp()
    {
        lock (_lock)
        {
            if (_users == 0)
            {
                _admin?.Dispose();
                _admin = null;
            }
        }
    }

    private sealed record Use(ConfluentEnds Ends, IAdminClient Admin) : IDisposable
    {
        public void Dispose() => Ends.Leave();
    }
}
