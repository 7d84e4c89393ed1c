using System.Text.RegularExpressions;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Groups;

/// <summary>Joining, staying and leaving: all by heartbeat.</summary>
internal sealed partial class ConsumerGroup
{
    /// <summary>Handles a sound heartbeat; null when the group has just ended and a new one must take its place.</summary>
    public ConsumerBeat? Heartbeat(ConsumerHeartbeat beat, Regex? pattern)
    {
        lock (_gate)
        {
            if (_dead)
            {
                return null;
            }

            if (beat.MemberEpoch < 0)
            {
                return Leave(beat);
            }

            var (member, refusal) = beat.MemberEpoch == ConsumerMember.JoinEpoch ? Join(beat) : Known(beat);
            return member is null ? refusal : Follow(member, beat, pattern);
        }
    }

    private static ConsumerBeat Refuse(ErrorCode error, string message) => new(error, message);

    private (ConsumerMember? Member, ConsumerBeat? Refusal) Join(ConsumerHeartbeat beat)
    {
        string id = beat.MemberId.Length > 0 ? beat.MemberId : Guid.NewGuid().ToString("D");
        var former = beat.InstanceId is { } instance ? _static.GetValueOrDefault(instance) : _members.GetValueOrDefault(id);
        if (former is not null && former.InstanceId is not null && !former.IsAway && former.Id != id)
        {
            return (null, Refuse(ErrorCode.UnreleasedInstanceId, $"Instance '{beat.InstanceId}' of group '{Id}' is still held by member '{former.Id}'; it must leave or expire first"));
        }

        if (former is null && _members.ContainsKey(id))
        {
            return (null, Refuse(ErrorCode.InvalidRequest, $"Member '{id}' of group '{Id}' is known under another instance id"));
        }

        if (former is null && _members.Count >= MembersMax)
        {
            return (null, Refuse(ErrorCode.GroupMaxSizeReached, $"Group '{Id}' has {MembersMax} members, the most it may have"));
        }

        // Who joins owns nothing, so what it had before is free; its target stays, so that it gets the same share again.
        var member = new ConsumerMember(id, beat) { Target = former?.Target ?? [] };
        if (former is not null)
        {
            Drop(former);
            member.Learn(new ConsumerHeartbeat(Id, id, 0, null, null, -1, [.. former.Topics], former.TopicRegex, former.Assignor, null, "", ""), former.Pattern);
        }

        _members[id] = member;
        if (beat.InstanceId is not null)
        {
            _static[beat.InstanceId] = member;
        }

        return (member, null);
    }

    private (ConsumerMember? Member, ConsumerBeat? Refusal) Known(ConsumerHeartbeat beat)
    {
        if (beat.InstanceId is { } instance)
        {
            if (!_static.TryGetValue(instance, out var holder))
            {
                return (null, Unknown(beat));
            }

            if (holder.Id != beat.MemberId)
            {
                return (null, Refuse(ErrorCode.FencedInstanceId, $"Instance '{instance}' of group '{Id}' now belongs to another member"));
            }
        }

        if (!_members.TryGetValue(beat.MemberId, out var member))
        {
            return (null, Unknown(beat));
        }

        // The answer that raised the epoch may have been lost: the former one is taken with a list that holds nothing foreign.
        bool current = beat.MemberEpoch == member.Epoch ||
            (beat.MemberEpoch == member.FormerEpoch && beat.Owned is { } owned && owned.IsSubsetOf(member.Assigned));
        return current
            ? (member, null)
            : (null, Refuse(ErrorCode.FencedMemberEpoch, $"Member '{member.Id}' of group '{Id}' has epoch {member.Epoch}, not {beat.MemberEpoch}; it must give up its partitions and join anew"));
    }

    private ConsumerBeat Follow(ConsumerMember member, ConsumerHeartbeat beat, Regex? pattern)
    {
        member.ExpiresAt = Now + sessionTimeoutMs;
        bool changed = member.Learn(beat, pattern);
        if (changed || Epoch == 0 || TopicsChanged())
        {
            Rebalance();
        }

        var before = member.Assigned;
        Reconcile(member, beat.Owned);
        bool full = beat.MemberEpoch == ConsumerMember.JoinEpoch ||
            (beat is { RebalanceTimeoutMs: >= 0, Owned: not null } && (beat.Topics ?? (object?)beat.TopicRegex) is not null);
        return new ConsumerBeat(
            ErrorCode.None, null, member.Id, member.Epoch, full || !before.SetEquals(member.Assigned) ? member.Assigned : null);
    }

    private ConsumerBeat Leave(ConsumerHeartbeat beat)
    {
        var member = beat.InstanceId is { } instance ? _static.GetValueOrDefault(instance) : _members.GetValueOrDefault(beat.MemberId);
        if (member is null)
        {
            return Unknown(beat);
        }

        if (member.Id != beat.MemberId)
        {
            return Refuse(ErrorCode.FencedInstanceId, $"Instance '{beat.InstanceId}' of group '{Id}' now belongs to another member");
        }

        if (beat.MemberEpoch == ConsumerMember.AwayEpoch)
        {
            // Its share waits for it as long as a silent member is waited for; what it was giving up is given up.
            (member.Epoch, member.RevokeBy, member.ExpiresAt) = (ConsumerMember.AwayEpoch, long.MaxValue, Now + sessionTimeoutMs);
            member.Revoking.Clear();
        }
        else
        {
            Drop(member);
            Rebalance();
        }

        return new ConsumerBeat(ErrorCode.None, null, member.Id, beat.MemberEpoch);
    }

    private ConsumerBeat Unknown(ConsumerHeartbeat beat) =>
        Refuse(ErrorCode.UnknownMemberId, $"Member '{beat.MemberId}' is not in group '{Id}'; it must join anew");
}
