using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Groups;

/// <summary>Handing out what the leader decided.</summary>
internal sealed partial class ClassicGroup
{
    public Task<SyncResult> SyncAsync(
        string memberId, string? instanceId, int generation, string? protocolType, string? protocolName,
        List<(string MemberId, byte[] Assignment)> assignments)
    {
        lock (_gate)
        {
            var (member, error) = Find(memberId, instanceId, generation);
            if (member is null)
            {
                return Task.FromResult(SyncResult.Of(error));
            }

            if ((protocolType is not null && protocolType != ProtocolType) || (protocolName is not null && protocolName != ProtocolName))
            {
                return Task.FromResult(SyncResult.Of(ErrorCode.InconsistentGroupProtocol));
            }

            Touch(member);
            switch (State)
            {
                case GroupState.PreparingRebalance:
                    return Task.FromResult(SyncResult.Of(ErrorCode.RebalanceInProgress));
                case GroupState.Stable:
                    member.HasSynced = true;
                    return Task.FromResult(AssignmentOf(member));
                default:
                    member.HasSynced = true;
                    member.Syncing?.TrySetResult(SyncResult.Of(ErrorCode.RebalanceInProgress));
                    var syncing = new TaskCompletionSource<SyncResult>(TaskCreationOptions.RunContinuationsAsynchronously);
                    member.Syncing = syncing;
                    if (member.Id == _leader)
                    {
                        Assign(assignments);
                    }

                    return syncing.Task;
            }
        }
    }

    private void Assign(List<(string MemberId, byte[] Assignment)> assignments)
    {
        foreach (var (memberId, assignment) in assignments)
        {
            if (_members.TryGetValue(memberId, out var member))
            {
                member.Assignment = assignment;
            }
        }

        State = GroupState.Stable;
        foreach (var member in _members.Values)
        {
            // Whoever has not synced yet gets its share when it does; the session timeout watches over it until then.
            Touch(member);
            member.Syncing?.TrySetResult(AssignmentOf(member));
            member.Syncing = null;
        }
    }

    private SyncResult AssignmentOf(GroupMember member) => new(ErrorCode.None, ProtocolType, ProtocolName, member.Assignment);
}
