using System.Text;

namespace Sluice.Frames.Testing;

/// <summary>A peer that does what the test tells it and writes down what it hears, one short line a frame.</summary>
/// <remarks>
/// Lines: <c>BEGIN</c>, <c>DATA whole 'abc'</c> (or init, middle, fin, null), <c>FLUSH</c>, <c>END</c>, <c>ABORT reason</c>,
/// <c>RESET reason</c>, <c>CHALLENGE</c>, <c>CLOSED</c>; WINDOW only when <see cref="RecordsWindows"/> is set. Payloads are kept too.
/// </remarks>
public sealed class ScriptedStream : StreamHandler
{
    private readonly MemoryStream _received = new();
    private readonly Queue<Func<ScriptedStream, bool>> _unsent = new();

    /// <summary>Window granted as soon as the other side begins; 0 for none.</summary>
    public int WindowBytes { get; init; } = 64 * 1024;

    /// <summary>Budget that the window names; 0 for none.</summary>
    public long BudgetId { get; init; }

    /// <summary>Acknowledges content at once.</summary>
    public bool AcknowledgesAtOnce { get; init; } = true;

    /// <summary>Closes our side when the other side aborts or resets (the default of handlers).</summary>
    public bool ClosesOnFailure { get; init; } = true;

    /// <summary>Writes WINDOW lines too.</summary>
    public bool RecordsWindows { get; init; }

    /// <summary>What was heard, in order.</summary>
    public List<string> Log { get; } = [];

    /// <summary>Extensions of the frames in <see cref="Log"/>, line for line.</summary>
    public List<byte[]> Extensions { get; } = [];

    /// <summary>All payload bytes so far.</summary>
    public byte[] Received => _received.ToArray();

    /// <summary>All payload so far, as text.</summary>
    public string ReceivedText => Encoding.UTF8.GetString(_received.ToArray());

    /// <summary>The extension the other side began with; null before.</summary>
    public byte[]? BeginExtension { get; private set; }

    /// <summary>Bytes that arrived and were not acknowledged yet.</summary>
    public int Pending { get; private set; }

    /// <summary>Called for each DATA after it was written down.</summary>
    public Action<ScriptedStream>? WhenData { get; init; }

    /// <summary>Called for each FLUSH after it was written down.</summary>
    public Action<ScriptedStream>? WhenFlush { get; init; }

    /// <summary>Called when the other side began.</summary>
    public Action<ScriptedStream>? WhenBegin { get; init; }

    /// <summary>Called at END.</summary>
    public Action<ScriptedStream>? WhenEnd { get; init; }

    /// <summary>Sends as soon as there is credit, in the order of the calls.</summary>
    /// <param name="trySend">Returns false when there is too little.</param>
    public void SendWhenCredited(Func<ScriptedStream, bool> trySend)
    {
        if (_unsent.Count > 0 || !trySend(this))
        {
            _unsent.Enqueue(trySend);
        }
    }

    /// <summary>Sends text, which must fit the window.</summary>
    public void Send(string text, DataFlags flags = DataFlags.Whole, byte[]? extension = null)
    {
        if (!Port.TrySendData(Encoding.UTF8.GetBytes(text), flags, extension))
        {
            throw new InvalidOperationException($"no credit for {text.Length} bytes: {Port.SendableBytes} sendable");
        }
    }

    /// <summary>Acknowledges all that is pending.</summary>
    public void AcknowledgeAll()
    {
        int pending = Pending;
        Pending = 0;
        Port.Acknowledge(pending);
    }

    /// <inheritdoc/>
    public override void OnBegin(in BeginFrame frame)
    {
        BeginExtension = frame.Extension.ToArray();
        Add("BEGIN", frame.Extension);
        if (WindowBytes > 0)
        {
            Port.SendWindow(WindowBytes, budgetId: BudgetId);
        }

        WhenBegin?.Invoke(this);
    }

    /// <inheritdoc/>
    public override void OnData(in DataFrame frame)
    {
        string place = frame.Flags switch { DataFlags.Whole => "whole", DataFlags.Init => "init", DataFlags.Fin => "fin", DataFlags.None => "middle", var other => other.ToString() };
        string text = frame.IsNull ? "null" : frame.Payload.Length <= 256 ? $"'{Encoding.UTF8.GetString(frame.Payload)}'" : $"{frame.Payload.Length} bytes";
        Add($"DATA {place} {text}", frame.Extension);
        _received.Write(frame.Payload);
        if (AcknowledgesAtOnce)
        {
            Port.Acknowledge(frame.Reserved);
        }
        else
        {
            Pending += frame.Reserved;
        }

        WhenData?.Invoke(this);
    }

    /// <inheritdoc/>
    public override void OnFlush(in FlushFrame frame)
    {
        Add("FLUSH", frame.Extension);
        WhenFlush?.Invoke(this);
    }

    /// <inheritdoc/>
    public override void OnEnd(in EndFrame frame)
    {
        Add("END", frame.Extension);
        WhenEnd?.Invoke(this);
    }

    /// <inheritdoc/>
    public override void OnAbort(in CloseFrame frame)
    {
        Add($"ABORT {frame.Reason}", frame.Extension);
        if (ClosesOnFailure)
        {
            base.OnAbort(frame);
        }
    }

    /// <inheritdoc/>
    public override void OnReset(in CloseFrame frame)
    {
        Add($"RESET {frame.Reason}", frame.Extension);
        if (ClosesOnFailure)
        {
            base.OnReset(frame);
        }
    }

    /// <inheritdoc/>
    public override void OnWindow(in WindowFrame frame)
    {
        while (_unsent.TryPeek(out Func<ScriptedStream, bool>? trySend) && trySend(this))
        {
            _unsent.Dequeue();
        }

        if (RecordsWindows)
        {
            Add($"WINDOW {Port.SendableBytes}", default);
        }
    }

    /// <inheritdoc/>
    public override void OnChallenge(in ChallengeFrame frame) => Add("CHALLENGE", frame.Extension);

    /// <inheritdoc/>
    public override void OnClosed() => Add("CLOSED", default);

    private void Add(string line, ReadOnlySpan<byte> extension)
    {
        Log.Add(line);
        Extensions.Add(extension.ToArray());
    }
}
