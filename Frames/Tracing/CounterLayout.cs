namespace Sluice.Frames.Tracing;

/// <summary>Where each number of a counter file lies. Little endian; docs/dump.md shows the same.</summary>
/// <remarks>
/// <code>
///   0 magic "SLCCNT1\0"   8 version i32 = 2   12 process id i32   16 instance i32   20 engines i32
///  24 slots of an engine i32 = 256   28 rows of an engine i32 = 256   32 start i64 (unix ms)   64 room, UTF-8, zero padded to 64 bytes
/// 128 one block for each engine:
///        0 256 slots of 8 bytes: 0 to 127 numbered by EngineCounter, 128 to 223 the histogram of turns (TurnLengths)
///     2048 256 rows of 192 bytes:  0 binding id i64 (0: free)   8 zero   16 group "opened to it"   96 group "opened by it"
///            a group: 10 slots of 8 bytes, numbered by StreamCounter
/// </code>
/// One engine writes a block, in plain stores of 8 aligned bytes; nobody else does. The last row has the id -1 and counts
/// the bindings that found no row of their own, and streams to bindings that nobody runs.
/// </remarks>
internal static class CounterLayout
{
    public const long Magic = 0x0031544E43434C53; // "SLCCNT1\0"
    public const int Version = 2;

    public const int VersionOffset = 8;
    public const int ProcessOffset = 12;
    public const int InstanceOffset = 16;
    public const int EnginesOffset = 20;
    public const int SlotsOffset = 24;
    public const int RowsOffset = 28;
    public const int StartOffset = 32;
    public const int RoomOffset = 64;
    public const int RoomBytes = 64;
    public const int HeaderBytes = 128;

    /// <summary>8-byte slots of one engine.</summary>
    public const int Slots = 256;

    /// <summary>The first slot of the histogram of turns; those before it are numbered by <see cref="EngineCounter"/>.</summary>
    public const int TurnSlot = 128;

    /// <summary>Bindings of one room: a large configuration has dozens.</summary>
    public const int Rows = 256;

    public const int RowBytes = 192;
    public const int AcceptedOffset = 16;
    public const int OpenedOffset = 96;
    public const int GroupSlots = 10;
    public const int DirectionSlots = 5;

    public const long OthersId = -1;

    public const int BlockBytes = (Slots * 8) + (Rows * RowBytes);

    public static long FileBytes(int engines) => HeaderBytes + ((long)engines * BlockBytes);
}
