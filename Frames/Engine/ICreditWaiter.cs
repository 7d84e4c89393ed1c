namespace Sluice.Frames;

/// <summary>Somebody in line for the credit of a budget. Engine thread. It is asked anew each time, for what it needs may change while it waits.</summary>
internal interface ICreditWaiter
{
    /// <summary>The least that is of use to it now, in bytes, padding included; 0 when it waits no longer and may leave the line.</summary>
    /// <param name="budget">The budget it is in line for.</param>
    long NeededBytes(Budget budget);

    /// <summary>The most it could use now, in bytes, padding included.</summary>
    /// <param name="budget">The budget it is in line for.</param>
    long WantedBytes(Budget budget);

    /// <summary>There is enough, or the budget has closed. It has left the line, and may join it again.</summary>
    /// <param name="budget">The budget it was in line for.</param>
    void OnCredited(Budget budget);
}
