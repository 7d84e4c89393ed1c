using System.Text.RegularExpressions;
using Sluice.EmbeddedKafka.Groups;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>ConsumerGroupHeartbeat: a member of the next-generation protocol joins, follows and leaves. Spec: KIP-848.</summary>
internal sealed class ConsumerGroupHeartbeat() : Api(ApiKey.ConsumerGroupHeartbeat, 0, 1, flexibleFrom: 0)
{
    /// <summary>10,000 topics a member: the broker holds no more partitions than that.</summary>
    public const int TopicsMax = 10_000;

    /// <summary>1,000 characters of pattern: it is matched against every topic under the lock of its group.</summary>
    public const int PatternCharsMax = 1000;

    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        if (Read(request) is not { } beat)
        {
            return new(Outcome.Malformed);
        }

        Regex? pattern = null;
        var answer = Refusal(beat, request.Version) ?? Compile(beat, out pattern) ?? request.Broker.Groups.Heartbeat(beat, pattern);
        Write(reply, answer, request.Broker.Groups.ConsumerHeartbeatIntervalMs);
        return new(Outcome.Reply);
    }

    private static ConsumerHeartbeat? Read(Request request)
    {
        var reader = request.Reader();
        string group = reader.String();
        string memberId = reader.String();
        int epoch = reader.Int32();
        string? instance = reader.NullableString();
        string? rack = reader.NullableString();
        int rebalanceTimeoutMs = reader.Int32();
        var topics = reader.NullableStrings();
        string? regex = request.Version >= 1 ? reader.NullableString() : null;
        string? assignor = reader.NullableString();
        int count = reader.Array();
        var owned = count < 0 ? null : new HashSet<GroupPartition>();
        for (; count > 0; count--)
        {
            var id = reader.Uuid();
            for (int i = reader.Array(4); i > 0; i--)
            {
                owned!.Add(new GroupPartition(id, reader.Int32()));
            }

            reader.Tags();
        }

        reader.Tags();
        return reader.Failed ? null : new ConsumerHeartbeat(
            group, memberId, epoch, instance, rack, rebalanceTimeoutMs, topics, regex, assignor, owned, request.ClientId, request.Peer.Host);
    }

    private static ConsumerBeat? Refusal(ConsumerHeartbeat beat, short version)
    {
        bool joins = beat.MemberEpoch == ConsumerMember.JoinEpoch;
        string? wrong =
            beat.Group.Length == 0 ? "GroupId is empty" :
            beat.MemberEpoch < ConsumerMember.AwayEpoch ? $"MemberEpoch is {beat.MemberEpoch}, but the lowest is -2" :
            beat.MemberId.Length == 0 && (!joins || version >= 1) ? "MemberId is empty" :
            beat.InstanceId is "" ? "InstanceId is empty" :
            beat.MemberEpoch == ConsumerMember.AwayEpoch && beat.InstanceId is null ? "MemberEpoch -2 is for static members, but InstanceId is null" :
            beat.Topics?.Count > TopicsMax ? $"SubscribedTopicNames has {beat.Topics.Count} names, but {TopicsMax} are the most" :
            joins && beat.RebalanceTimeoutMs < 0 ? "RebalanceTimeoutMs is missing, but needed to join" :
            joins && beat.Owned is not { Count: 0 } ? "TopicPartitions must be empty to join" :
            joins && beat.Topics is null && string.IsNullOrEmpty(beat.TopicRegex) ? "SubscribedTopicNames is missing, but needed to join" :
            null;
        if (wrong is not null)
        {
            return new ConsumerBeat(ErrorCode.InvalidRequest, wrong);
        }

        return beat.Assignor is { } assignor && !Assignors.Knows(assignor)
            ? new ConsumerBeat(ErrorCode.UnsupportedAssignor, $"ServerAssignor '{assignor}' is not served; there are {Assignors.Uniform} and {Assignors.Range}")
            : null;
    }

    private static ConsumerBeat? Compile(ConsumerHeartbeat beat, out Regex? pattern)
    {
        pattern = null;
        if (string.IsNullOrEmpty(beat.TopicRegex))
        {
            return null;
        }

        if (beat.TopicRegex.Length > PatternCharsMax)
        {
            return new ConsumerBeat(ErrorCode.InvalidRegularExpression, $"SubscribedTopicRegex is longer than {PatternCharsMax} characters");
        }

        try
        {
            // Without backtracking: matching takes time in proportion to the name, whatever the pattern.
            pattern = new Regex($"^(?:{beat.TopicRegex})\\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            return null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return new ConsumerBeat(ErrorCode.InvalidRegularExpression, $"SubscribedTopicRegex '{beat.TopicRegex}' is not understood: {e.Message}");
        }
    }

    private static void Write(WireWriter reply, ConsumerBeat answer, int intervalMs)
    {
        reply.Int32(0);
        reply.Error(answer.Error);
        reply.String(answer.Message);
        reply.String(answer.MemberId);
        reply.Int32(answer.MemberEpoch);
        reply.Int32(answer.Error == ErrorCode.None ? intervalMs : 0);
        if (answer.Assignment is null)
        {
            reply.Int8(-1);
        }
        else
        {
            reply.Int8(1);
            var topics = answer.Assignment.GroupBy(partition => partition.TopicId).ToList();
            reply.Array(topics.Count);
            foreach (var topic in topics)
            {
                var partitions = topic.Select(partition => partition.Partition).Order().ToList();
                reply.Uuid(topic.Key);
                reply.Array(partitions.Count);
                partitions.ForEach(reply.Int32);
                reply.Tags();
            }

            reply.Tags();
        }

        reply.Tags();
    }
}
