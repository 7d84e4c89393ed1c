using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Groups;

internal enum GroupState
{
    Empty,
    PreparingRebalance,
    CompletingRebalance,
    Stable,
    Dead,
}

/// <summary>A consumer group of the classic protocol: members join, one of them shares the partitions out, all fetch their share.</summary>
/// <remarks>
/// <code>Empty ─join→ PreparingRebalance ─all joined→ CompletingRebalance ─leader synced→ Stable ─join/leave→ Preparing...</code>
/// Any thread; everything under one lock, waiting joins and syncs are completed asynchronously.
/// Spec: Kafka protocol guide, "Group Membership API".
/// </remarks>
internal sealed partial class ClassicGroup(string id) : IGroup
{
    /// <summary>1,000 members: an answer to the leader lists them all.</summary>
    public const int MembersMax = 1000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, GroupMember> _members = [];
    private readonly Dictionary<string, string> _static = [];
    private readonly Dictionary<string, long> _promised = [];
    private string? _leader;
    private long _rebalanceEndsAt;

    public string Id { get; } = id;

    public GroupState State { get; private set; } = GroupState.Empty;

    public int Generation { get; private set; }

    public string? ProtocolType { get; private set; }

    public string? ProtocolName { get; private set; }

    public bool IsEmpty => State == GroupState.Empty;

    public bool IsDead => State == GroupState.Dead;

    private static long Now => Environment.TickCount64;

    /// <summary>Keeps a member alive. Tells it of a rebalance, which the member then joins.</summary>
    public ErrorCode Heartbeat(string memberId, string? instanceId, int generation)
    {
        lock (_gate)
        {
            var (member, error) = Find(memberId, instanceId, generation);
            if (member is null)
            {
                return error;
            }

            Touch(member);
            return State == GroupState.PreparingRebalance ? ErrorCode.RebalanceInProgress : ErrorCode.None;
        }
    }

    /// <summary>Whether offsets may be committed by this member, or by somebody who is none while the group is empty.</summary>
    public ErrorCode MayCommit(string memberId, string? instanceId, int generation)
    {
        lock (_gate)
        {
            if (generation < 0 && memberId.Length == 0)
            {
                return State is GroupState.Empty or GroupState.Dead ? ErrorCode.None : ErrorCode.UnknownMemberId;
            }

            if (generation < 0 && State == GroupState.Empty)
            {
                return ErrorCode.None;
            }

            var (member, error) = Find(memberId, instanceId, generation);
            if (member is null)
            {
                return error;
            }

            if (State == GroupState.CompletingRebalance)
            {
                return ErrorCode.RebalanceInProgress;
            }

            Touch(member);
            return ErrorCode.None;
        }
    }

    /// <summary>Takes a member out at its own wish; static members are named by their instance.</summary>
    public ErrorCode Leave(string memberId, string? instanceId)
    {
        lock (_gate)
        {
            if (_promised.Remove(memberId))
            {
                CompleteJoinWhenAll();
                return ErrorCode.None;
            }

            if (instanceId is not null)
            {
                if (!_static.TryGetValue(instanceId, out string? current))
                {
                    return ErrorCode.UnknownMemberId;
                }

                if (memberId.Length > 0 && memberId != current)
                {
                    return ErrorCode.FencedInstanceId;
                }

                memberId = current;
            }

            if (!_members.TryGetValue(memberId, out var member))
            {
                return ErrorCode.UnknownMemberId;
            }

            Remove(member);
            return ErrorCode.None;
        }
    }

    /// <summary>Fires what is due: silent members, rebalances that took too long. Called every 100 ms or so.</summary>
    public void Tick(long now)
    {
        lock (_gate)
        {
            foreach (var (memberId, expiresAt) in _promised)
            {
                if (expiresAt < now)
                {
                    _promised.Remove(memberId);
                }
            }

            foreach (var member in _members.Values.ToArray())
            {
                if (member.Joining is null && member.Syncing is null && member.ExpiresAt < now)
                {
                    Remove(member);
                }
            }

            if (State == GroupState.PreparingRebalance)
            {
                if (now >= _rebalanceEndsAt)
                {
                    foreach (var late in _members.Values.Where(m => m.Joining is null && m.InstanceId is null).ToArray())
                    {
                        Drop(late);
                    }

                    _promised.Clear();
                    CompleteJoin();
                }
                else
                {
                    CompleteJoinWhenAll();
                }
            }
            else if (State == GroupState.CompletingRebalance && now >= _rebalanceEndsAt)
            {
                foreach (var late in _members.Values.Where(m => !m.HasSynced).ToArray())
                {
                    Drop(late);
                }

                Rebalance();
            }
        }
    }

    /// <summary>Ends the group: everybody waiting is told, nobody gets in. False while it has members.</summary>
    public bool TryEnd()
    {
        lock (_gate)
        {
            if (_members.Count > 0 || _promised.Count > 0)
            {
                return false;
            }

            State = GroupState.Dead;
            return true;
        }
    }

    /// <summary>The topics its members read, as far as their subscriptions can be understood.</summary>
    public HashSet<string> Subscribed()
    {
        lock (_gate)
        {
            var topics = new HashSet<string>();
            foreach (var protocol in _members.Values.SelectMany(member => member.Protocols))
            {
                // version i16 | topics array of strings | ...
                var reader = new WireReader(protocol.Metadata, flexible: false);
                reader.Int16();
                for (int i = reader.Array(2); i > 0; i--)
                {
                    topics.Add(reader.String());
                }
            }

            return topics;
        }
    }

    public GroupDescription Describe()
    {
        lock (_gate)
        {
            return new GroupDescription(
                Id,
                State.ToString(),
                ProtocolType ?? "",
                State == GroupState.Stable ? ProtocolName ?? "" : "",
                [.. _members.Values.Select(m => new MemberDescription(
                    m.Id, m.InstanceId, m.ClientId, m.Host, State == GroupState.Stable ? m.MetadataFor(ProtocolName) : [], m.Assignment))]);
        }
    }

    private (GroupMember? Member, ErrorCode Error) Find(string memberId, string? instanceId, int generation)
    {
        if (State is GroupState.Dead or GroupState.Empty)
        {
            return (null, ErrorCode.UnknownMemberId);
        }

        if (Fenced(memberId, instanceId) is { } fenced)
        {
            return (null, fenced);
        }

        if (!_members.TryGetValue(memberId, out var member))
        {
            return (null, ErrorCode.UnknownMemberId);
        }

        return generation == Generation ? (member, ErrorCode.None) : (null, ErrorCode.IllegalGeneration);
    }

    private ErrorCode? Fenced(string memberId, string? instanceId)
    {
        if (instanceId is null)
        {
            return null;
        }

        if (!_static.TryGetValue(instanceId, out string? current))
        {
            return ErrorCode.UnknownMemberId;
        }

        return current == memberId ? null : ErrorCode.FencedInstanceId;
    }

    private static void Touch(GroupMember member) => member.ExpiresAt = Now + member.SessionTimeoutMs;

    private void Remove(GroupMember member)
    {
        Drop(member);
        if (State is GroupState.Stable or GroupState.CompletingRebalance)
        {
            Rebalance();
        }
        else
        {
            CompleteJoinWhenAll();
        }
    }

    private void Drop(GroupMember member)
    {
        _members.Remove(member.Id);
        if (member.InstanceId is { } instance && _static.GetValueOrDefault(instance) == member.Id)
        {
            _static.Remove(instance);
        }

        member.Joining?.TrySetResult(new JoinResult(ErrorCode.UnknownMemberId, MemberId: member.Id));
        member.Syncing?.TrySetResult(SyncResult.Of(ErrorCode.UnknownMemberId));
        if (_leader == member.Id)
        {
            _leader = null;
        }
    }
}

internal sealed record GroupDescription(
    string Id, string State, string ProtocolType, string ProtocolName, List<MemberDescription> Members, string Type = "classic");

internal sealed record MemberDescription(string Id, string? InstanceId, string ClientId, string Host, byte[] Metadata, byte[] Assignment);
