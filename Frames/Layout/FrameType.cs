namespace Sluice.Frames;

/// <summary>The kinds of frame that travel between bindings (config-core §2.2).</summary>
/// <remarks>Bit 30 marks a throttle frame: one that travels against the data of its stream. Bit 29 marks a frame of the link itself.</remarks>
public enum FrameType
{
    /// <summary>Fills the end of a ring before a record that would not fit; never reaches a handler.</summary>
    Wrap = 0,

    /// <summary>Opens one direction of a stream.</summary>
    Begin = 0x00000001,

    /// <summary>Carries content.</summary>
    Data = 0x00000002,

    /// <summary>Closes one direction cleanly.</summary>
    End = 0x00000003,

    /// <summary>The sender gives up; what was sent is incomplete.</summary>
    Abort = 0x00000004,

    /// <summary>An in-band marker without payload.</summary>
    Flush = 0x00000005,

    /// <summary>Of the link: names a file that DATA may refer to once it is mapped.</summary>
    Source = 0x20000001,

    /// <summary>Of the link: the file is mapped, or cannot be.</summary>
    SourceMapped = 0x20000002,

    /// <summary>Of the link: nothing that follows refers to the file.</summary>
    SourceGone = 0x20000003,

    /// <summary>The receiver refuses or cancels the direction.</summary>
    Reset = 0x40000001,

    /// <summary>The receiver grants credit.</summary>
    Window = 0x40000002,

    /// <summary>A timer or a task of the stream's own is done. It never leaves its engine.</summary>
    Signal = 0x40000003,

    /// <summary>The receiver asks the sender to authenticate again.</summary>
    Challenge = 0x40000004,
}
