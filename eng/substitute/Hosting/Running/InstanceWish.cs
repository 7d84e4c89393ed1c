namespace Aspire.Hosting.Running;

/// <summary>What is wanted of an instance.</summary>
internal enum Wish
{
    /// <summary>It shall run.</summary>
    Run,

    /// <summary>Its process shall end and a new one start.</summary>
    RunAgain,

    /// <summary>It may run, but not come back when it ends: the application is stopping.</summary>
    RunUntilItEnds,

    /// <summary>It shall not run, for now.</summary>
    Rest,

    /// <summary>It shall not run any more.</summary>
    End,
}

/// <summary>What is wanted of an instance, and a way to wait for a change. Any thread may call it.</summary>
internal sealed class InstanceWish(Wish wish)
{
    private readonly Lock _lock = new();
    private Wish _wish = wish;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsEnd => Current == Wish.End;

    public bool WantsToRun => Current is Wish.Run or Wish.RunAgain;

    private Wish Current
    {
        get
        {
            lock (_lock)
            {
                return _wish;
            }
        }
    }

    public void Set(Wish wish)
    {
        lock (_lock)
        {
            if (_wish != Wish.End && (_wish != Wish.RunUntilItEnds || wish == Wish.End))
            {
                _wish = wish;
            }

            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>A process that is done need not run, unless someone has just asked for a new one.</summary>
    public void Rest()
    {
        lock (_lock)
        {
            if (_wish == Wish.Run)
            {
                _wish = Wish.Rest;
            }
        }
    }

    /// <summary>The wish; "run again" is fulfilled by asking, and becomes "run".</summary>
    public Wish TakeRunAgain()
    {
        lock (_lock)
        {
            Wish taken = _wish;
            _wish = taken == Wish.RunAgain ? Wish.Run : taken;
            return taken;
        }
    }

    public async Task WaitToRunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_wish is Wish.Run or Wish.RunAgain)
                {
                    _wish = Wish.Run;
                    return;
                }

                changed = _changed.Task;
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
