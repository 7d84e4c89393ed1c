namespace Sluice.Frames;

/// <summary>How a DATA frame stands in its message (config-core §2.2).</summary>
[Flags]
public enum DataFlags
{
    /// <summary>A middle piece.</summary>
    None = 0,

    /// <summary>The last piece of a message.</summary>
    Fin = 0x01,

    /// <summary>The first piece of a message; it carries the extension.</summary>
    Init = 0x02,

    /// <summary>A whole message in one piece.</summary>
    Whole = Init | Fin,

    /// <summary>The producer failed midway: drop the message.</summary>
    Incomplete = 0x04,

    /// <summary>Left out on purpose.</summary>
    Skip = 0x08,
}
