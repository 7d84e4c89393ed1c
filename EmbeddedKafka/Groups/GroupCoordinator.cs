using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Sluice.EmbeddedKafka.Log;
using Sluice.EmbeddedKafka.Topics;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Groups;

/// <summary>All groups of the broker, and the clock that watches over their members.</summary>
internal sealed class GroupCoordinator(
    OffsetStore offsets, TopicStore topics, int consumerSessionTimeoutMs, int consumerHeartbeatIntervalMs) : IAsyncDisposable
{
    /// <summary>How often timeouts are looked at while there are groups or transactions: members are given up at most this late.</summary>
    public const int TickMs = 100;

    /// <summary>How often the clock looks when there is nothing to watch over; whoever needs it sooner wakes it.</summary>
    public const int IdleTickMs = 60_000;

    /// <summary>10,000 groups with members at a time; each costs about 1 KiB and a look every tick.</summary>
    public const int GroupsMax = 10_000;

    private readonly ConcurrentDictionary<string, IGroup> _groups = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _clock = Task.CompletedTask;

    public OffsetStore Offsets { get; } = offsets;

    /// <summary>How often members of the next-generation protocol are told to tell that they live.</summary>
    public int ConsumerHeartbeatIntervalMs { get; } = consumerHeartbeatIntervalMs;

    /// <summary>Wakes the clock: there is something to watch over.</summary>
    public Latch Wanted { get; } = new();

    /// <summary>Starts the clock; <paramref name="alongside"/> is called at every tick too, and says whether it needs the next one soon.</summary>
    public void Start(Func<bool> alongside) => _clock = Task.Run(() => RunAsync(alongside));

    /// <summary>Every group that has members or committed offsets.</summary>
    public IEnumerable<GroupDescription> All() =>
        _groups.Keys.Union(Offsets.Groups).Select(Describe).Where(group => group.State != nameof(GroupState.Dead));

    public IGroup? FindAny(string id) => _groups.GetValueOrDefault(id);

    /// <summary>The group, if it is one of the classic protocol.</summary>
    public ClassicGroup? Find(string id) => FindAny(id) as ClassicGroup;

    /// <summary>The group, if it is one of the next-generation protocol.</summary>
    public ConsumerGroup? FindConsumer(string id) => FindAny(id) as ConsumerGroup;

    public GroupDescription Describe(string id)
    {
        if (_groups.TryGetValue(id, out var group))
        {
            return group.Describe();
        }

        var state = Offsets.Has(id) ? GroupState.Empty : GroupState.Dead;
        return new GroupDescription(id, state.ToString(), state == GroupState.Empty ? "consumer" : "", "", []);
    }

    public Task<JoinResult> JoinAsync(JoinRequest request)
    {
        var (group, error) = Claim(request.Group, id => new ClassicGroup(id), ErrorCode.InconsistentGroupProtocol);
        return group?.JoinAsync(request) ?? Task.FromResult(new JoinResult(error, MemberId: request.MemberId));
    }

    /// <summary>A heartbeat of the next-generation protocol; the first of a member makes the group where there is none.</summary>
    public ConsumerBeat Heartbeat(ConsumerHeartbeat beat, Regex? pattern)
    {
        while (true)
        {
            if (beat.MemberEpoch != ConsumerMember.JoinEpoch && FindAny(beat.Group) is null)
            {
                // After a restart of the broker: the member joins anew.
                return new ConsumerBeat(ErrorCode.UnknownMemberId, $"Group '{beat.Group}' has no member '{beat.MemberId}'; it must join anew");
            }

            var (group, error) = Claim(beat.Group, id => new ConsumerGroup(id, topics, consumerSessionTimeoutMs), ErrorCode.GroupIdNotFound);
            if (group is null)
            {
                return new ConsumerBeat(error, error == ErrorCode.GroupIdNotFound
                    ? $"Group '{beat.Group}' has members of the classic protocol; they must leave before it takes group.protocol=consumer"
                    : $"There are {GroupsMax} groups with members, the most there may be");
            }

            if (group.Heartbeat(beat, pattern) is { } answer)
            {
                return answer;
            }
        }
    }

    public ErrorCode MayCommit(string group, string memberId, string? instanceId, int generation, bool knowsEpochs = false)
    {
        if (_groups.TryGetValue(group, out var known))
        {
            return known.MayCommit(memberId, instanceId, generation);
        }

        return generation < 0 ? ErrorCode.None : knowsEpochs ? ErrorCode.UnknownMemberId : ErrorCode.IllegalGeneration;
    }

    /// <summary>Forgets an empty group and its offsets.</summary>
    public ErrorCode Delete(string id)
    {
        if (_groups.TryGetValue(id, out var group))
        {
            if (!group.TryEnd())
            {
                return ErrorCode.NonEmptyGroup;
            }

            _groups.TryRemove(new KeyValuePair<string, IGroup>(id, group));
        }

        return Offsets.Has(id) ? Offsets.Forget(id, [.. Offsets.All(id).Select(o => o.Key)]) : group is null ? ErrorCode.GroupIdNotFound : ErrorCode.None;
    }

    // Finds or makes a group of one kind; an empty one of the other kind gives way, one with members does not.
    private (T? Group, ErrorCode Error) Claim<T>(string id, Func<string, T> make, ErrorCode otherwise)
        where T : class, IGroup
    {
        while (true)
        {
            if (!_groups.TryGetValue(id, out var group))
            {
                if (_groups.Count >= GroupsMax)
                {
                    return (null, ErrorCode.CoordinatorNotAvailable);
                }

                group = _groups.GetOrAdd(id, make);
                Wanted.Set();
            }

            if (group is T wanted && !group.IsDead)
            {
                return (wanted, ErrorCode.None);
            }

            if (!group.IsDead && !group.TryEnd())
            {
                return (null, otherwise);
            }

            // The next one takes the place of the ended one.
            _groups.TryRemove(new KeyValuePair<string, IGroup>(id, group));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _clock;
        _stop.Dispose();
    }

    private async Task RunAsync(Func<bool> alongside)
    {
        bool isWanted = false;
        try
        {
            while (true)
            {
                if (isWanted)
                {
                    await Task.Delay(TickMs, _stop.Token);
                }
                else
                {
                    await Wanted.WaitAsync(IdleTickMs, _stop.Token);
                }

                isWanted = alongside();
                foreach (var (id, group) in _groups)
                {
                    group.Tick(Environment.TickCount64);
                    if (group.IsEmpty && group.TryEnd())
                    {
                        _groups.TryRemove(new KeyValuePair<string, IGroup>(id, group));
                    }
                }

                isWanted |= !_groups.IsEmpty;
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
