using System.Collections.Frozen;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>Every API key this broker serves: this list is what ApiVersions tells.</summary>
internal static class ApiTable
{
    public static readonly Api[] All =
    [
        new Produce(), new Fetch(), new ListOffsets(), new Metadata(), new OffsetCommit(), new OffsetFetch(),
        new FindCoordinator(), new JoinGroup(), new Heartbeat(), new LeaveGroup(), new SyncGroup(), new DescribeGroups(),
        new ListGroups(), new ApiVersions(), new CreateTopics(), new DeleteTopics(), new InitProducerId(),
        new OffsetForLeaderEpoch(), new DescribeConfigs(), new DescribeCluster(), new CreatePartitions(), new DeleteRecords(),
        new AlterConfigs(), new IncrementalAlterConfigs(), new OffsetDelete(), new DeleteGroups(),
        new AddPartitionsToTxn(), new AddOffsetsToTxn(), new EndTxn(), new TxnOffsetCommit(),
        new ConsumerGroupHeartbeat(), new ConsumerGroupDescribe(),
        new SaslHandshake(), new SaslAuthenticate(),
    ];

    private static readonly FrozenDictionary<short, Api> ByKey = All.ToFrozenDictionary(api => (short)api.Key);

    public static Api? Find(short key) => ByKey.GetValueOrDefault(key);
}
