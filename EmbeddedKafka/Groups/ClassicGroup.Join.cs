using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Groups;

/// <summary>Joining and rebalancing.</summary>
internal sealed partial class ClassicGroup
{
    public Task<JoinResult> JoinAsync(JoinRequest request)
    {
        lock (_gate)
        {
            if (State == GroupState.Dead)
            {
                return Refuse(ErrorCode.CoordinatorNotAvailable, request.MemberId);
            }

            if (_members.Count > 0 && !Agrees(request))
            {
                return Refuse(ErrorCode.InconsistentGroupProtocol, request.MemberId);
            }

            return request.MemberId.Length == 0 ? JoinNew(request) : JoinKnown(request);
        }
    }

    private static Task<JoinResult> Refuse(ErrorCode error, string memberId) => Task.FromResult(new JoinResult(error, MemberId: memberId));

    private bool Agrees(JoinRequest request) =>
        request.ProtocolType == ProtocolType &&
        request.Protocols.Exists(mine => _members.Values.All(
            member => member.Id == request.MemberId || member.InstanceId is { } known && known == request.InstanceId ||
                      member.Protocols.Exists(theirs => theirs.Name == mine.Name)));

    private Task<JoinResult> JoinNew(JoinRequest request)
    {
        string memberId = (request.InstanceId ?? request.ClientId) + "-" + Guid.NewGuid().ToString("D");
        if (request.InstanceId is { } instance && _static.TryGetValue(instance, out string? former))
        {
            return JoinReplacing(former, memberId, request);
        }

        if (_members.Count + _promised.Count >= MembersMax)
        {
            return Refuse(ErrorCode.GroupMaxSizeReached, "");
        }

        if (request.InstanceId is null && request.NeedsKnownId)
        {
            _promised[memberId] = Now + request.SessionTimeoutMs;
            return Refuse(ErrorCode.MemberIdRequired, memberId);
        }

        return Enter(memberId, request);
    }

    private Task<JoinResult> JoinKnown(JoinRequest request)
    {
        if (_promised.Remove(request.MemberId))
        {
            return Enter(request.MemberId, request);
        }

        if (Fenced(request.MemberId, request.InstanceId) is { } fenced)
        {
            return Refuse(fenced, request.MemberId);
        }

        if (!_members.TryGetValue(request.MemberId, out var member))
        {
            return Refuse(ErrorCode.UnknownMemberId, request.MemberId);
        }

        bool same = member.Offers(request.Protocols);
        bool mustRebalance = State switch
        {
            GroupState.CompletingRebalance => !same,
            GroupState.Stable => !same || member.Id == _leader,
            _ => true,
        };
        if (!mustRebalance)
        {
            Touch(member);
            return Task.FromResult(ResultFor(member));
        }

        member.Update(request);
        return AwaitOthers(member);
    }

    // A static member came back under a new id: it takes the old one's place, and whoever still uses the old id is fenced.
    private Task<JoinResult> JoinReplacing(string formerId, string memberId, JoinRequest request)
    {
        var former = _members[formerId];
        bool wasLeader = _leader == formerId;
        var member = new GroupMember(memberId, request) { Assignment = former.Assignment, HasSynced = former.HasSynced };
        _members.Remove(formerId);
        former.Joining?.TrySetResult(new JoinResult(ErrorCode.FencedInstanceId, MemberId: formerId));
        former.Syncing?.TrySetResult(SyncResult.Of(ErrorCode.FencedInstanceId));
        _members[memberId] = member;
        _static[request.InstanceId!] = memberId;
        Touch(member);
        if (wasLeader)
        {
            _leader = memberId;
        }

        bool unchanged = State == GroupState.Stable && Vote() == ProtocolName &&
            former.MetadataFor(ProtocolName).AsSpan().SequenceEqual(member.MetadataFor(ProtocolName));
        if (!unchanged)
        {
            return AwaitOthers(member);
        }

        var result = ResultFor(member);
        return Task.FromResult(request.MaySkipAssignment
            ? result with { SkipAssignment = wasLeader }
            : result with { Leader = wasLeader ? formerId : result.Leader, Members = null });
    }

    private Task<JoinResult> Enter(string memberId, JoinRequest request)
    {
        if (_members.Count == 0)
        {
            ProtocolType = request.ProtocolType;
        }

        var member = new GroupMember(memberId, request);
        _members[memberId] = member;
        if (request.InstanceId is { } instance)
        {
            _static[instance] = memberId;
        }

        Touch(member);
        return AwaitOthers(member);
    }

    private Task<JoinResult> AwaitOthers(GroupMember member)
    {
        // A second join of the same member (it lost the connection) takes the place of the first.
        member.Joining?.TrySetResult(new JoinResult(ErrorCode.RebalanceInProgress, MemberId: member.Id));
        var joining = new TaskCompletionSource<JoinResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        member.Joining = joining;
        if (State == GroupState.PreparingRebalance)
        {
            CompleteJoinWhenAll();
        }
        else
        {
            Rebalance();
        }

        return joining.Task;
    }

    private void Rebalance()
    {
        foreach (var member in _members.Values)
        {
            member.Syncing?.TrySetResult(SyncResult.Of(ErrorCode.RebalanceInProgress));
            member.Syncing = null;
        }

        State = GroupState.PreparingRebalance;
        _rebalanceEndsAt = Now + (_members.Count == 0 ? 0 : _members.Values.Max(m => m.RebalanceTimeoutMs));
        CompleteJoinWhenAll();
    }

    private void CompleteJoinWhenAll()
    {
        if (State == GroupState.PreparingRebalance && _promised.Count == 0 && _members.Values.All(m => m.Joining is not null))
        {
            CompleteJoin();
        }
    }

    private void CompleteJoin()
    {
        Generation++;
        if (_members.Count == 0)
        {
            (State, ProtocolName, _leader) = (GroupState.Empty, null, null);
            return;
        }

        ProtocolName = Vote();
        if (_leader is null || !_members.TryGetValue(_leader, out var leader) || leader.Joining is null)
        {
            _leader = (_members.Values.FirstOrDefault(m => m.Joining is not null) ?? _members.Values.First()).Id;
        }

        State = GroupState.CompletingRebalance;
        _rebalanceEndsAt = Now + _members.Values.Max(m => m.RebalanceTimeoutMs);
        foreach (var member in _members.Values)
        {
            (member.HasSynced, member.Assignment) = (false, []);
            Touch(member);
            member.Joining?.TrySetResult(ResultFor(member));
            member.Joining = null;
        }
    }

    // Each member votes for the first of its protocols that all of them know; the most votes win.
    private string? Vote()
    {
        bool Common(string name) => _members.Values.All(m => m.Protocols.Exists(p => p.Name == name));
        return _members.Values
            .Select(m => m.Protocols.Find(p => Common(p.Name))?.Name)
            .Where(name => name is not null)
            .GroupBy(name => name)
            .MaxBy(votes => votes.Count())?.Key;
    }

    private JoinResult ResultFor(GroupMember member) => new(
        ErrorCode.None, Generation, ProtocolType, ProtocolName, _leader ?? "", member.Id,
        Members: member.Id == _leader
            ? [.. _members.Values.Select(m => new JoinedMember(m.Id, m.InstanceId, m.MetadataFor(ProtocolName)))]
            : null);
}
