using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;

namespace Sluice.Edge.Kestrel;

/// <summary>Received bytes on their way to Kestrel: a pipe whose state belongs to the engine, so that it needs no lock.</summary>
/// <remarks>
/// <code>
///   _array   ........|consumed|examined, not consumed|new|room......
///                             ^ _start               ^ _examined  ^ _end
/// </code>
/// The bytes are contiguous. While Kestrel looks at them they stay where they are: what comes is written behind them, or everything is
/// copied into a larger array and the old one kept until Kestrel has moved on. An empty pipe holds no array.
/// <para>
/// Kestrel and its app run on the engine; where they do not (a timer, an app that awaited something else), their calls are posted. Posts
/// keep their order, so an advance is done before the read that follows it.
/// </para>
/// </remarks>
internal sealed class EngineInput(EnginePipes pipes, IEnginePipeOwner owner) : PipeReader
{
    private const int IndexMask = 0x7fffffff; // A position in an array carries a flag in its top bit.

    private readonly EngineWait<ReadResult> _read = new(pipes.Engine);
    private byte[]? _array;
    private int _start;
    private int _examined;
    private int _end;
    private byte[]? _shown;     // What Kestrel looks at; maybe an older array than _array.
    private int _shownStart;
    private bool _isShown;
    private bool _isCancelled;
    private bool _isFinished;   // Nothing more will come.
    private bool _isOver;       // Nobody reads any more.
    private Exception? _failure;

    /// <summary>Bytes that Kestrel has not seen, or seen and left for later.</summary>
    public int UnexaminedBytes => _end - Math.Max(_start, _examined);

    /// <summary>True once Kestrel reads no more.</summary>
    public bool IsOver => _isOver;

    // ---- engine ----

    /// <summary>Room for received bytes, at least so many; then <see cref="Commit"/>.</summary>
    public Span<byte> GetRoom(int bytesMin)
    {
        if (_array is null)
        {
            _array = pipes.Rent(bytesMin);
            _start = _examined = _end = 0;
        }
        else if (_array.Length - _end < bytesMin)
        {
            MakeRoom(bytesMin);
        }

        return _array.AsSpan(_end);
    }

    /// <summary>So many bytes of the room are filled; Kestrel hears of it by <see cref="Deliver"/>.</summary>
    public void Commit(int bytes) => _end += bytes;

    /// <summary>Gives back room that was not used.</summary>
    public void Trim()
    {
        if (_array is not null && _start == _end && !_isShown)
        {
            pipes.Return(_array);
            _array = null;
            _start = _examined = _end = 0;
        }
    }

    /// <summary>Wakes Kestrel when it waits for what is there now: parser, app and response run inside.</summary>
    public void Deliver()
    {
        if (!_read.IsPending || !IsReady)
        {
            return;
        }

        if (_isFinished && _failure is not null)
        {
            _read.Fail(_failure);
        }
        else
        {
            _read.Complete(Show());
        }
    }

    /// <summary>Nothing more will come.</summary>
    /// <param name="failure">Why, when the peer did not say that it was complete.</param>
    public void Finish(Exception? failure = null)
    {
        if (!_isFinished)
        {
            _isFinished = true;
            _failure = failure;
            Deliver();
        }
    }

    // ---- Kestrel ----

    public override bool TryRead(out ReadResult result)
    {
        if (!pipes.Engine.IsCurrent || !IsReady)
        {
            result = default;
            return false;
        }

        result = Show();
        return true;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!pipes.Engine.IsCurrent)
        {
            ValueTask<ReadResult> posted = _read.Begin();
            pipes.Engine.Post(() => OnReadPosted(cancellationToken));
            return posted;
        }

        if (IsReady)
        {
            return new ValueTask<ReadResult>(Show());
        }

        ValueTask<ReadResult> read = _read.Begin();
        _read.Park(cancellationToken);
        return read;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (pipes.Engine.IsCurrent)
        {
            Advance(consumed, examined);
        }
        else
        {
            pipes.Engine.Post(() => Advance(consumed, examined));
        }
    }

    public override void CancelPendingRead()
    {
        if (!pipes.Engine.IsCurrent)
        {
            pipes.Engine.Post(static state => ((EngineInput)state!).CancelPendingRead(), this);
            return;
        }

        _isCancelled = true;
        Deliver();
    }

    public override void Complete(Exception? exception = null)
    {
        if (!pipes.Engine.IsCurrent)
        {
            pipes.Engine.Post(static state => ((EngineInput)state!).Complete(), this);
            return;
        }

        if (!_isOver)
        {
            _isOver = true;
            _isShown = false;
            ReturnShown();
            _start = _examined = _end;
            Trim();
            owner.OnConsumed();
        }
    }

    private bool IsReady => UnexaminedBytes > 0 || _isFinished || _isCancelled;

    private void OnReadPosted(CancellationToken cancellationToken)
    {
        _read.Park(cancellationToken);
        Deliver();
    }

    private ReadResult Show()
    {
        if (_isFinished && _failure is not null)
        {
            throw _failure;
        }

        bool isCancelled = _isCancelled;
        _isCancelled = false;
        _isShown = true;
        _shown = _array;
        _shownStart = _start;
        ReadOnlySequence<byte> buffer = _array is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(_array, _start, _end - _start);
        return new ReadResult(buffer, isCancelled, _isFinished);
    }

    private void Advance(SequencePosition consumed, SequencePosition examined)
    {
        if (_isOver || !_isShown)
        {
            return;
        }

        int start = _start;
        _start = start + OffsetOf(consumed);
        _examined = Math.Max(_examined, start + OffsetOf(examined));
        _isShown = false;
        ReturnShown();
        Trim();
        owner.OnConsumed();
    }

    private int OffsetOf(SequencePosition position) =>
        _shown is not null && ReferenceEquals(position.GetObject(), _shown) ? (position.GetInteger() & IndexMask) - _shownStart : 0;

    private void ReturnShown()
    {
        if (_shown is not null && !ReferenceEquals(_shown, _array))
        {
            pipes.Return(_shown);
        }

        _shown = null;
    }

    [MemberNotNull(nameof(_array))]
    private void MakeRoom(int bytesMin)
    {
        byte[] old = _array!;
        int count = _end - _start;
        if (!_isShown && old.Length - count >= bytesMin)
        {
            old.AsSpan(_start, count).CopyTo(old);
            _array = old;
        }
        else
        {
            _array = pipes.Rent(Math.Max(count + bytesMin, 2 * old.Length));
            old.AsSpan(_start, count).CopyTo(_array);
            if (!_isShown || !ReferenceEquals(_shown, old))
            {
                pipes.Return(old);
            }
        }

        _examined = Math.Max(0, _examined - _start);
        _start = 0;
        _end = count;
    }
}
