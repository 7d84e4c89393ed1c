using System.Collections.Concurrent;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Groups;

/// <summary>All groups of the broker, and the clock that watches over their members.</summary>
internal sealed class GroupCoordinator(OffsetStore offsets) : IAsyncDisposable
{
    /// <summary>How often timeouts are looked at: members are given up at most this late.</summary>
    public const int TickMs = 100;

    /// <summary>10,000 groups with members at a time; each costs about 1 KiB and a look every tick.</summary>
    public const int GroupsMax = 10_000;

    private readonly ConcurrentDictionary<string, ClassicGroup> _groups = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _clock = Task.CompletedTask;

    public OffsetStore Offsets { get; } = offsets;

    /// <summary>Starts the clock; <paramref name="alongside"/> is called at every tick too.</summary>
    public void Start(Action alongside) => _clock = Task.Run(() => RunAsync(alongside));

    /// <summary>Every group that has members or committed offsets.</summary>
    public IEnumerable<GroupDescription> All() =>
        _groups.Keys.Union(Offsets.Groups).Select(Describe).Where(group => group.State != nameof(GroupState.Dead));

    public ClassicGroup? Find(string id) => _groups.GetValueOrDefault(id);

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
        if (_groups.Count >= GroupsMax && !_groups.ContainsKey(request.Group))
        {
            return Task.FromResult(new JoinResult(ErrorCode.CoordinatorNotAvailable));
        }

        var group = _groups.GetOrAdd(request.Group, id => new ClassicGroup(id));
        while (group.State == GroupState.Dead)
        {
            // The clock has just ended the empty group; the next one takes its place.
            _groups.TryRemove(new KeyValuePair<string, ClassicGroup>(request.Group, group));
            group = _groups.GetOrAdd(request.Group, id => new ClassicGroup(id));
        }

        return group.JoinAsync(request);
    }

    public ErrorCode MayCommit(string group, string memberId, string? instanceId, int generation)
    {
        if (_groups.TryGetValue(group, out var known))
        {
            return known.MayCommit(memberId, instanceId, generation);
        }

        return generation < 0 ? ErrorCode.None : ErrorCode.IllegalGeneration;
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

            _groups.TryRemove(new KeyValuePair<string, ClassicGroup>(id, group));
        }

        return Offsets.Has(id) ? Offsets.Forget(id, [.. Offsets.All(id).Select(o => o.Key)]) : group is null ? ErrorCode.GroupIdNotFound : ErrorCode.None;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _clock;
        _stop.Dispose();
    }

    private async Task RunAsync(Action alongside)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(TickMs));
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                alongside();
                foreach (var (id, group) in _groups)
                {
                    group.Tick(Environment.TickCount64);
                    if (group.State == GroupState.Empty && group.TryEnd())
                    {
                        _groups.TryRemove(new KeyValuePair<string, ClassicGroup>(id, group));
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
