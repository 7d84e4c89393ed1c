namespace Sluice.Frames;

/// <summary>Timers of one slot, linked through themselves, in order of starting; sorted by due time only when that is asked for.</summary>
internal struct TimerList
{
    public EngineTimer? Head;
    public EngineTimer? Tail;

    /// <summary>No timer here is due earlier; exact unless the soonest was taken out. <see cref="long.MaxValue"/> when empty.</summary>
    public long DueNsMin = long.MaxValue;

    private bool _isUnsorted;

    public TimerList()
    {
    }

    public readonly bool IsEmpty => Head is null;

    public void Append(EngineTimer timer, int slot)
    {
        timer.Slot = slot;
        timer.Previous = Tail;
        timer.Next = null;
        if (Tail is null)
        {
            Head = timer;
        }
        else
        {
            Tail.Next = timer;
            _isUnsorted |= timer.DueNs < Tail.DueNs;
        }

        Tail = timer;
        DueNsMin = Math.Min(DueNsMin, timer.DueNs);
    }

    public void Remove(EngineTimer timer)
    {
        if (timer.Previous is null)
        {
            Head = timer.Next;
        }
        else
        {
            timer.Previous.Next = timer.Next;
        }

        if (timer.Next is null)
        {
            Tail = timer.Previous;
        }
        else
        {
            timer.Next.Previous = timer.Previous;
        }

        timer.Slot = -1;
        timer.Previous = null;
        timer.Next = null;
        if (Head is null)
        {
            this = new TimerList();
        }
    }

    /// <summary>Orders by due time; timers due together stay in order of starting. Makes <see cref="DueNsMin"/> exact.</summary>
    public void Sort()
    {
        if (_isUnsorted)
        {
            Head = MergeSort(Head!);
            Relink();
            _isUnsorted = false;
        }

        DueNsMin = Head?.DueNs ?? long.MaxValue;
    }

    // Bottom up: runs of one are merged to runs of two, those to runs of four, until one run is left.
    private static EngineTimer MergeSort(EngineTimer list)
    {
        for (int width = 1; ; width *= 2)
        {
            EngineTimer? rest = list;
            EngineTimer? head = null;
            EngineTimer? tail = null;
            int merges = 0;
            while (rest is not null)
            {
                merges++;
                EngineTimer? left = rest;
                EngineTimer? right = left;
                int leftCount = 0;
                for (; leftCount < width && right is not null; leftCount++)
                {
                    right = right.Next;
                }

                int rightCount = width;
                while (leftCount > 0 || (rightCount > 0 && right is not null))
                {
                    bool takesLeft = leftCount > 0 && (rightCount == 0 || right is null || left!.DueNs <= right.DueNs);
                    EngineTimer next;
                    if (takesLeft)
                    {
                        next = left!;
                        left = next.Next;
                        leftCount--;
                    }
                    else
                    {
                        next = right!;
                        right = next.Next;
                        rightCount--;
                    }

                    if (tail is null)
                    {
                        head = next;
                    }
                    else
                    {
                        tail.Next = next;
                    }

                    tail = next;
                }

                rest = right;
            }

            tail!.Next = null;
            list = head!;
            if (merges <= 1)
            {
                return list;
            }
        }
    }

    private void Relink()
    {
        EngineTimer? previous = null;
        for (EngineTimer? timer = Head; timer is not null; timer = timer.Next)
        {
            timer.Previous = previous;
            previous = timer;
        }

        Tail = previous;
    }
}
