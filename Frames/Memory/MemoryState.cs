namespace Sluice.Frames.Memory;

/// <summary>How much of a process's memory budget is used, as far as anyone has to act on it.</summary>
public enum MemoryState
{
    /// <summary>Everything is let in.</summary>
    Free,

    /// <summary>
    /// New work is refused. The rest is kept for who is in: conversations under way may open what they need to finish, and clients may
    /// connect to be refused in their own words.
    /// </summary>
    Tight,

    /// <summary>Nothing new is let in, not even a connection.</summary>
    Full,
}
