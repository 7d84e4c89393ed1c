using Sluice.EmbeddedKafka.Topics;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Groups;

/// <summary>A consumer group of the next-generation protocol: the broker shares the partitions out, members only follow.</summary>
/// <remarks>
/// <code>heartbeat(epoch) ─subscription changed→ group epoch + 1, new targets ─each member→ revoke, confirm, take, epoch = group's</code>
/// A partition is given to its next reader only after the former one has confirmed that it let go, has left or was given up.
/// Membership is in memory: after a restart members are told UNKNOWN_MEMBER_ID, join anew and go on from the committed
/// offsets, which are durable. Any thread; everything under one lock. Spec: KIP-848.
/// </remarks>
internal sealed partial class ConsumerGroup(string id, TopicStore store, int sessionTimeoutMs) : IGroup
{
    /// <summary>1,000 members, as in classic groups.</summary>
    public const int MembersMax = ClassicGroup.MembersMax;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ConsumerMember> _members = [];
    private readonly Dictionary<string, ConsumerMember> _static = [];
    private Dictionary<Guid, GroupTopic> _topics = [];
    private long _storeVersion = -1;
    private bool _dead;

    public string Id { get; } = id;

    /// <summary>Rises whenever the shares must be made anew. The targets are made at once, so it is their epoch too.</summary>
    public int Epoch { get; private set; }

    public string Assignor { get; private set; } = Assignors.Uniform;

    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _members.Count == 0;
            }
        }
    }

    public bool IsDead
    {
        get
        {
            lock (_gate)
            {
                return _dead;
            }
        }
    }

    private static long Now => Environment.TickCount64;

    public void Tick(long now)
    {
        lock (_gate)
        {
            bool changed = false;
            foreach (var member in _members.Values.Where(m => m.ExpiresAt < now || m.RevokeBy < now).ToArray())
            {
                Drop(member);
                changed = true;
            }

            if (_members.Count > 0 && (changed || TopicsChanged()))
            {
                Rebalance();
            }
        }
    }

    public bool TryEnd()
    {
        lock (_gate)
        {
            return _dead = _members.Count == 0;
        }
    }

    public ErrorCode MayCommit(string memberId, string? instanceId, int generation)
    {
        lock (_gate)
        {
            return generation < 0 && _members.Count == 0 ? ErrorCode.None : Check(memberId, generation);
        }
    }

    /// <summary>Whether a member may read the offsets of the group; one that names no member may.</summary>
    public ErrorCode MayFetch(string? memberId, int epoch)
    {
        lock (_gate)
        {
            return memberId is null or "" && epoch < 0 ? ErrorCode.None : Check(memberId ?? "", epoch);
        }
    }

    public HashSet<string> Subscribed()
    {
        lock (_gate)
        {
            return [.. _topics.Values.Select(topic => topic.Name)];
        }
    }

    private ErrorCode Check(string memberId, int epoch) =>
        !_members.TryGetValue(memberId, out var member) ? ErrorCode.UnknownMemberId :
        member.Epoch == epoch ? ErrorCode.None : ErrorCode.StaleMemberEpoch;

    private void Drop(ConsumerMember member)
    {
        _members.Remove(member.Id);
        if (member.InstanceId is { } instance && _static.GetValueOrDefault(instance) == member)
        {
            _static.Remove(instance);
        }
    }
}
