using System.Text.RegularExpressions;
using Sluice.EmbeddedKafka.Topics;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Groups;

/// <summary>A partition as members of the next-generation protocol name it.</summary>
internal readonly record struct GroupPartition(Guid TopicId, int Partition);

/// <summary>A heartbeat as read from the wire; null and -1 mean "as before".</summary>
internal sealed record ConsumerHeartbeat(
    string Group, string MemberId, int MemberEpoch, string? InstanceId, string? RackId, int RebalanceTimeoutMs,
    List<string>? Topics, string? TopicRegex, string? Assignor, HashSet<GroupPartition>? Owned, string ClientId, string Host);

/// <summary>The answer to a heartbeat; <paramref name="Assignment"/> is null where nothing changed.</summary>
internal sealed record ConsumerBeat(
    ErrorCode Error, string? Message = null, string? MemberId = null, int MemberEpoch = 0, IReadOnlyCollection<GroupPartition>? Assignment = null);

/// <summary>A member of a group of the next-generation protocol; guarded by its group's lock.</summary>
internal sealed class ConsumerMember(string id, ConsumerHeartbeat first)
{
    /// <summary>The epoch by which a member joins.</summary>
    public const int JoinEpoch = 0;

    /// <summary>The epoch by which a member leaves for good.</summary>
    public const int LeaveEpoch = -1;

    /// <summary>The epoch by which a static member leaves for a while: its partitions wait for it.</summary>
    public const int AwayEpoch = -2;

    public string Id { get; } = id;

    public string? InstanceId { get; } = first.InstanceId;

    public string? RackId { get; } = first.RackId;

    public string ClientId { get; } = first.ClientId;

    public string Host { get; } = first.Host;

    public int Epoch { get; set; }

    /// <summary>The epoch before this one: its owner may not have heard of the newer one.</summary>
    public int FormerEpoch { get; set; } = -1;

    public int RebalanceTimeoutMs { get; private set; } = first.RebalanceTimeoutMs;

    public HashSet<string> Topics { get; private set; } = [];

    public string? TopicRegex { get; private set; }

    public Regex? Pattern { get; private set; }

    public string? Assignor { get; private set; }

    /// <summary>What it should have once everybody has given up what is no longer theirs.</summary>
    public HashSet<GroupPartition> Target { get; set; } = [];

    /// <summary>What it may read now.</summary>
    public HashSet<GroupPartition> Assigned { get; set; } = [];

    /// <summary>What it was told to give up and has not confirmed yet.</summary>
    public HashSet<GroupPartition> Revoking { get; set; } = [];

    /// <summary>When it is given up unless it is heard of, by <see cref="Environment.TickCount64"/>.</summary>
    public long ExpiresAt { get; set; }

    /// <summary>When it is given up unless it has revoked; <see cref="long.MaxValue"/> while it need not.</summary>
    public long RevokeBy { get; set; } = long.MaxValue;

    public bool IsAway => Epoch == AwayEpoch;

    /// <summary>Whether it subscribed to the topic; patterns do not reach the broker's own topics.</summary>
    public bool Reads(string topic) =>
        Topics.Contains(topic) || (Pattern?.IsMatch(topic) == true && !TopicStore.IsInternalName(topic));

    /// <summary>Takes over what the heartbeat tells anew; true when the group must assign anew.</summary>
    public bool Learn(ConsumerHeartbeat beat, Regex? pattern)
    {
        if (beat.RebalanceTimeoutMs >= 0)
        {
            RebalanceTimeoutMs = beat.RebalanceTimeoutMs;
        }

        bool changed = false;
        if (beat.Topics is not null && !Topics.SetEquals(beat.Topics))
        {
            (Topics, changed) = ([.. beat.Topics], true);
        }

        if (beat.TopicRegex is not null && beat.TopicRegex != (TopicRegex ?? ""))
        {
            (TopicRegex, Pattern, changed) = (beat.TopicRegex.Length == 0 ? null : beat.TopicRegex, pattern, true);
        }

        if (beat.Assignor is not null && beat.Assignor != Assignor)
        {
            (Assignor, changed) = (beat.Assignor, true);
        }

        return changed;
    }
}
