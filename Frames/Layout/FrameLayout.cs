namespace Sluice.Frames;

/// <summary>Where each field of a frame record lies. Little endian, records aligned to 8 bytes.</summary>
/// <remarks>
/// <code>
///   0        4        8                16               24               32
///   +--------+--------+----------------+----------------+----------------+
///   | length |  type  |    originId    |    routedId    |    streamId    |
///   +--------+--------+----------------+----------------+----------------+
///  32               40               48               56               64
///   +----------------+----------------+----------------+----------------+
///   |    sequence    |  acknowledge   |    traceId     | authorization  |
///   +----------------+----------------+----------------+----------------+
///  64               72       76       80
///   +----------------+--------+--------+-- body of the type
///   |   timestamp    |maximum | detail |
///   +----------------+--------+--------+--
///
///   BEGIN             80 affinity i64 | 88 extension
///   DATA  detail=flags 80 budgetId i64 | 88 reserved i32 | 92 payload bytes i32 (-1 null) | 96 extension bytes i32 | 100 source i32 (0 none) | 104 extension, payload
///   DATA that refers (source above 0)     …                                                                        104 position i64 | 112 extension
///   END, FLUSH        80 budgetId i64 | 88 reserved i32 | 92 zero i32 | 96 extension
///   ABORT, RESET  detail=reason        80 extension
///   CHALLENGE                          80 extension
///   WINDOW            80 budgetId i64 | 88 padding i32 | 92 minimum i32 | 96 capabilities i32 | 100 zero i32
///   Of the link, stream 0, detail=number: SOURCE 80 path | SOURCEMAPPED 80 mapped i64 (1, or 0) | SOURCEGONE
///   SIGNAL            80 cancelId i64 | 88 signalId i32 | 92 contextId i32 | 96 payload; never in a ring
/// </code>
/// The length counts from its own first byte to the last byte used; the next record starts at the next multiple of 8.
/// docs/frames.md shows the same bytes for readers of captures; a test compares sizes.
/// </remarks>
public static class FrameLayout
{
    internal const int Length = 0;
    internal const int Type = 4;
    internal const int OriginId = 8;
    internal const int RoutedId = 16;
    internal const int StreamId = 24;
    internal const int Sequence = 32;
    internal const int Acknowledge = 40;
    internal const int TraceId = 48;
    internal const int Authorization = 56;
    internal const int Timestamp = 64;
    internal const int Maximum = 72;
    internal const int Detail = 76;
    internal const int Header = 80;

    internal const int BeginAffinity = 80;
    internal const int BeginExtension = 88;

    internal const int BudgetId = 80;
    internal const int Reserved = 88;
    internal const int DataPayloadBytes = 92;
    internal const int DataExtensionBytes = 96;
    internal const int DataSource = 100;
    internal const int DataExtension = 104;
    internal const int DataPosition = 104;
    internal const int ReferenceExtension = 112;
    internal const int EndExtension = 96;

    internal const int WindowPadding = 88;
    internal const int WindowMinimum = 92;
    internal const int WindowCapabilities = 96;
    internal const int WindowBytes = 104;

    internal const int SourcePath = 80;
    internal const int SourceIsMapped = 80;
    internal const int SourceMappedBytes = 88;

    internal const int SignalCancelId = 80;
    internal const int SignalId = 88;
    internal const int SignalContextId = 92;
    internal const int SignalPayload = 96;

    /// <summary>No fixed field of any type lies beyond this; what follows is extension and payload.</summary>
    internal const int FieldsBytes = 112;

    internal const int Alignment = 8;

    /// <summary>The largest payload of one DATA frame, in bytes: one slot. A larger message travels in fragments, so it cannot block others.</summary>
    public const int PayloadBytesMax = 32 * 1024;

    /// <summary>The largest extension of one frame, in bytes: a full HTTP header block (32 KiB) twice over.</summary>
    public const int ExtensionBytesMax = 64 * 1024;

    /// <summary>The largest record, in bytes: header, extension and payload at their limits.</summary>
    public const int RecordBytesMax = DataExtension + ExtensionBytesMax + PayloadBytesMax;

    internal static int Align(int bytes) => (bytes + Alignment - 1) & ~(Alignment - 1);
}
