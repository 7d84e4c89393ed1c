namespace Sluice.Frames;

/// <summary>Those who wait for credit of a root budget or of its children: first come, first served, as far as there is enough for each.</summary>
internal sealed class BudgetLine
{
    private readonly Queue<(Budget Budget, ICreditWaiter Waiter)> _line = new();

    public int Count => _line.Count;

    /// <summary>True while somebody is being told.</summary>
    public bool IsTelling { get; private set; }

    public void Join(Budget budget, ICreditWaiter waiter) => _line.Enqueue((budget, waiter));

    /// <summary>Tells those that can go on. Each is looked at once; those that it does not reach stay in line.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="isSomebodyAtIt">Somebody who was told has neither spent nor joined the line again: its method goes on later, or it had no use for it.</param>
    public int Tell(FrameEngine engine, out bool isSomebodyAtIt)
    {
        isSomebodyAtIt = false;
        int told = 0;
        for (int left = _line.Count; left > 0; left--)
        {
            (Budget budget, ICreditWaiter waiter) = _line.Dequeue();
            long needed = waiter.NeededBytes(budget);
            long before = budget.AvailableBytes;
            if (needed > before && budget.IsOpen)
            {
                _line.Enqueue((budget, waiter));
                continue;
            }

            told++;
            int waiting = _line.Count;
            IsTelling = true;
            try
            {
                waiter.OnCredited(budget);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                engine.OnBindingFault(0, exception);
            }

            IsTelling = false;
            isSomebodyAtIt |= needed > 0 && budget.AvailableBytes == before && _line.Count == waiting;
        }

        return told;
    }

    /// <summary>What all together need at least and want at most; a child whose own credit is too small waits for that alone.</summary>
    public (long Needed, long Wanted) Wants()
    {
        long needed = long.MaxValue;
        long wanted = 0;
        foreach ((Budget budget, ICreditWaiter waiter) in _line)
        {
            long needs = waiter.NeededBytes(budget);
            long limit = budget.LimitBytes;
            if (needs > 0 && needs <= limit)
            {
                needed = Math.Min(needed, needs);
                wanted += Math.Min(Math.Max(needs, waiter.WantedBytes(budget)), limit);
            }
        }

        return wanted > 0 ? (needed, wanted) : default;
    }
}
