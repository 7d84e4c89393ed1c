using Sluice.Frames.Memory;
using Sluice.Frames.Tracing;

namespace Sluice.Frames;

/// <summary>What an engine has done. Written by its thread only; others may read, a moment late.</summary>
/// <remarks>
/// With a run directory the numbers are in the process's counter file, where <c>sluice metrics</c> reads them, also after a crash.
/// Counting is a plain add to memory. <see cref="EngineCounter"/> says what each one means.
/// </remarks>
public sealed class EngineCounters
{
    private const int OthersRow = CounterLayout.Rows - 1;

    private readonly CounterMemory _memory;
    private readonly Dictionary<long, int> _rows = [];

    /// <summary>Counters in plain memory.</summary>
    public EngineCounters() : this(CounterMemory.Plain())
    {
    }

    internal EngineCounters(CounterMemory memory) => _memory = memory;

    /// <summary>Any counter by its number.</summary>
    public ref long this[EngineCounter counter] => ref _memory.Slot(counter);

    /// <inheritdoc cref="EngineCounter.Turns"/>
    public ref long Turns => ref _memory.Slot(EngineCounter.Turns);

    /// <inheritdoc cref="EngineCounter.Parks"/>
    public ref long Parks => ref _memory.Slot(EngineCounter.Parks);

    /// <inheritdoc cref="EngineCounter.Doorbells"/>
    public ref long Doorbells => ref _memory.Slot(EngineCounter.Doorbells);

    /// <inheritdoc cref="EngineCounter.FramesReceived"/>
    public ref long FramesReceived => ref _memory.Slot(EngineCounter.FramesReceived);

    /// <inheritdoc cref="EngineCounter.FramesSent"/>
    public ref long FramesSent => ref _memory.Slot(EngineCounter.FramesSent);

    /// <inheritdoc cref="EngineCounter.StreamsOpened"/>
    public ref long StreamsOpened => ref _memory.Slot(EngineCounter.StreamsOpened);

    /// <inheritdoc cref="EngineCounter.StreamsAccepted"/>
    public ref long StreamsAccepted => ref _memory.Slot(EngineCounter.StreamsAccepted);

    /// <inheritdoc cref="EngineCounter.StreamsRefused"/>
    public ref long StreamsRefused => ref _memory.Slot(EngineCounter.StreamsRefused);

    /// <inheritdoc cref="EngineCounter.StreamsClosed"/>
    public ref long StreamsClosed => ref _memory.Slot(EngineCounter.StreamsClosed);

    /// <inheritdoc cref="EngineCounter.Violations"/>
    public ref long Violations => ref _memory.Slot(EngineCounter.Violations);

    /// <inheritdoc cref="EngineCounter.Faults"/>
    public ref long Faults => ref _memory.Slot(EngineCounter.Faults);

    /// <inheritdoc cref="EngineCounter.TurnNsMax"/>
    public ref long TurnNsMax => ref _memory.Slot(EngineCounter.TurnNsMax);

    /// <inheritdoc cref="EngineCounter.DataBytesReceived"/>
    public ref long DataBytesReceived => ref _memory.Slot(EngineCounter.DataBytesReceived);

    /// <inheritdoc cref="EngineCounter.DataBytesSent"/>
    public ref long DataBytesSent => ref _memory.Slot(EngineCounter.DataBytesSent);

    /// <inheritdoc cref="EngineCounter.DataBytesReferred"/>
    public ref long DataBytesReferred => ref _memory.Slot(EngineCounter.DataBytesReferred);

    /// <inheritdoc cref="EngineCounter.CreditStalls"/>
    public ref long CreditStalls => ref _memory.Slot(EngineCounter.CreditStalls);

    /// <inheritdoc cref="EngineCounter.RingWaits"/>
    public ref long RingWaits => ref _memory.Slot(EngineCounter.RingWaits);

    /// <inheritdoc cref="EngineCounter.StreamsOverloaded"/>
    public ref long StreamsOverloaded => ref _memory.Slot(EngineCounter.StreamsOverloaded);

    /// <summary>Counts a turn that had work. Engine thread.</summary>
    internal void CountTurn(long tookNs)
    {
        _memory.Turn(Tracing.TurnLengths.BucketOf(tookNs))++;
        _memory.Slot(EngineCounter.BusyNs) += tookNs;
        ref long max = ref _memory.Slot(EngineCounter.TurnNsMax);
        if (tookNs > max)
        {
            max = tookNs;
        }
    }

    /// <summary>How long turns that had work took so far.</summary>
    public TurnLengths TurnLengths()
    {
        var lengths = new TurnLengths();
        for (int bucket = 0; bucket < Tracing.TurnLengths.Buckets; bucket++)
        {
            lengths.Add(bucket, _memory.Turn(bucket));
        }

        return lengths;
    }

    /// <summary>Where streams that a binding opens (or that are opened to it) are counted. Engine thread.</summary>
    /// <param name="bindingId">The binding; 0 for one that nobody runs here.</param>
    /// <param name="isOpened">The group "opened by it".</param>
    /// <param name="isReply">The reply direction.</param>
    internal DirectionCounters Streams(long bindingId, bool isOpened, bool isReply) => _memory.Direction(RowOf(bindingId), isOpened, isReply);

    /// <summary>What the binding's streams counted on this engine: those opened to it, or for an entry point those it opened. Engine thread.</summary>
    public long Stream(long bindingId, StreamCounter counter)
    {
        var counts = new BindingCounts();
        int row = RowOf(bindingId);
        foreach (StreamCounter each in Enum.GetValues<StreamCounter>())
        {
            counts.Add(each, _memory.Stream(row, isOpened: false, each), _memory.Stream(row, isOpened: true, each));
        }

        return counts[counter];
    }

    private int RowOf(long bindingId)
    {
        if (_rows.TryGetValue(bindingId, out int row))
        {
            return row;
        }

        row = bindingId is 0 or CounterLayout.OthersId || _rows.Count >= OthersRow ? OthersRow : _rows.Count;
        if (row != OthersRow)
        {
            _rows.Add(bindingId, row);
            Volatile.Write(ref _memory.Row(row), bindingId);
        }

        return row;
    }
}
