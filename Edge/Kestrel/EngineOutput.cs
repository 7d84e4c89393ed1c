using System.IO.Pipelines;
using Sluice.Edge.Http;

namespace Sluice.Edge.Kestrel;

/// <summary>What Kestrel writes on its way out: sent from the flush itself when there is room; what is left waits here.</summary>
/// <remarks>
/// Two arrays with one owner each, so that no lock is needed: what Kestrel is writing is its own until the flush, what waits is the
/// engine's. A flush on the engine is a call; one from elsewhere (a timer, HTTP/2's writer, an app that awaited something else) hands its
/// array over by a post. A flush waits while more than a slot waits. An idle connection holds neither array.
/// </remarks>
internal sealed class EngineOutput(EnginePipes pipes, IEnginePipeOwner owner) : PipeWriter
{
    private const int ResumeBytes = HttpLimits.PipeBytesMax / 2;

    private readonly EngineWait<FlushResult> _flush = new(pipes.Engine);
    private byte[]? _writing;
    private int _written;
    private byte[]? _queue;
    private int _queueStart;
    private int _queueEnd;
    private bool _isPosted;     // A flush from elsewhere is on its way.
    private bool _isCancelled;
    private bool _isCompleted;  // Kestrel has finished.
    private bool _isSentTold;
    private bool _isOver;       // Nothing can be sent any more.

    /// <summary>What waits. It stays in place until <see cref="Took"/>.</summary>
    public ReadOnlyMemory<byte> Queued => _queue.AsMemory(_queueStart, _queueEnd - _queueStart);

    /// <summary>True while somebody else reads <see cref="Queued"/>: its array is then not used for anything else.</summary>
    public bool IsLent { get; set; }

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _written;

    // ---- engine ----

    /// <summary>There may be room again.</summary>
    public void Push()
    {
        while (_queueStart < _queueEnd && !IsLent)
        {
            int sent = owner.TrySend(_queue.AsSpan(_queueStart, _queueEnd - _queueStart));
            if (sent == 0)
            {
                break;
            }

            Drop(sent);
        }

        AfterPush();
    }

    /// <summary>So many bytes of <see cref="Queued"/> are on their way, and nobody reads it any more.</summary>
    public void Took(int bytes)
    {
        IsLent = false;
        Drop(bytes);
        Push();
    }

    /// <summary>Nothing can be sent any more: what waits and what comes is dropped.</summary>
    public void Abandon()
    {
        if (!_isOver)
        {
            _isOver = true;
            _queue = null; // Left to the collector: it may be lent.
            _queueStart = _queueEnd = 0;
            EnginePipeScheduler.Run(static state => ((EngineOutput)state!).AfterPush(), this);
        }
    }

    // ---- Kestrel ----

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _writing.AsMemory(_written);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _writing.AsSpan(_written);
    }

    public override void Advance(int bytes) => _written += bytes;

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (!pipes.Engine.IsCurrent)
        {
            return FlushElsewhere(cancellationToken);
        }

        Send();
        if (IsFlushed || _flush.IsPending)
        {
            return new ValueTask<FlushResult>(TakeResult()); // Also for a second flush while one waits: its bytes are in the queue.
        }

        ValueTask<FlushResult> flush = _flush.Begin();
        _flush.Park(cancellationToken);
        return flush;
    }

    public override void CancelPendingFlush()
    {
        if (!pipes.Engine.IsCurrent)
        {
            pipes.Engine.Post(static state => ((EngineOutput)state!).CancelPendingFlush(), this);
            return;
        }

        _isCancelled = true;
        AfterPush();
    }

    public override void Complete(Exception? exception = null)
    {
        if (!pipes.Engine.IsCurrent)
        {
            pipes.Engine.Post(static state => ((EngineOutput)state!).Complete(), this);
            return;
        }

        if (!_isCompleted)
        {
            Send();
            _isCompleted = true;
            AfterPush();
        }
    }

    // Nothing keeps a flush waiting.
    private bool IsFlushed => _isOver || _isCancelled || _queueEnd - _queueStart <= HttpLimits.PipeBytesMax;

    private void Reserve(int bytes)
    {
        if (_writing is null)
        {
            _writing = pipes.Rent(bytes);
            _written = 0;
        }
        else if (_writing.Length - _written < Math.Max(1, bytes))
        {
            byte[] larger = pipes.Rent(Math.Max(_written + bytes, 2 * _writing.Length));
            _writing.AsSpan(0, _written).CopyTo(larger);
            pipes.Return(_writing);
            _writing = larger;
        }
    }

    // Kestrel's array becomes sent bytes, the queue, or a part of it.
    private void Send()
    {
        if (_writing is not { } bytes)
        {
            return;
        }

        int count = _written;
        _writing = null;
        _written = 0;
        Send(bytes, count);
    }

    private void Send(byte[] bytes, int count)
    {
        int sent = _isOver ? count : _queueStart < _queueEnd || count == 0 ? 0 : owner.TrySend(bytes.AsSpan(0, count));
        if (sent == count || _isOver)
        {
            pipes.Return(bytes);
        }
        else if (_queue is null)
        {
            (_queue, _queueStart, _queueEnd) = (bytes, sent, count);
            owner.OnQueued();
        }
        else
        {
            Append(bytes.AsSpan(0, count));
            pipes.Return(bytes);
        }
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        byte[] old = _queue!;
        if (old.Length - _queueEnd < bytes.Length)
        {
            int count = _queueEnd - _queueStart;
            _queue = pipes.Rent(Math.Max(count + bytes.Length, 2 * count));
            old.AsSpan(_queueStart, count).CopyTo(_queue);
            (_queueStart, _queueEnd) = (0, count);
            if (!IsLent)
            {
                pipes.Return(old);
            }
        }

        bytes.CopyTo(_queue.AsSpan(_queueEnd));
        _queueEnd += bytes.Length;
    }

    private void Drop(int bytes)
    {
        _queueStart = Math.Min(_queueEnd, _queueStart + bytes);
        if (_queueStart == _queueEnd && _queue is not null)
        {
            pipes.Return(_queue);
            _queue = null;
            _queueStart = _queueEnd = 0;
        }
    }

    private void AfterPush()
    {
        if (_flush.IsPending && (_isOver || _isCancelled || _queueEnd - _queueStart <= ResumeBytes))
        {
            _flush.Complete(TakeResult());
        }

        if (_isCompleted && _queue is null && !_isSentTold)
        {
            _isSentTold = true;
            owner.OnSent();
        }
    }

    private ValueTask<FlushResult> FlushElsewhere(CancellationToken cancellationToken)
    {
        if (_isPosted)
        {
            throw new InvalidOperationException("one flush at a time");
        }

        byte[]? bytes = _writing;
        int count = _written;
        _writing = null;
        _written = 0;
        _isPosted = true;
        ValueTask<FlushResult> flush = _flush.Begin();
        pipes.Engine.Post(() => OnFlushPosted(bytes, count, cancellationToken));
        return flush;
    }

    private void OnFlushPosted(byte[]? bytes, int count, CancellationToken cancellationToken)
    {
        _isPosted = false;
        if (bytes is not null)
        {
            Send(bytes, count); // May find the connection broken, and abandon this output.
        }

        if (IsFlushed)
        {
            _flush.Complete(TakeResult());
        }
        else
        {
            _flush.Park(cancellationToken);
        }
    }

    private FlushResult TakeResult()
    {
        bool isCancelled = _isCancelled;
        _isCancelled = false;
        return new FlushResult(isCancelled, _isOver);
    }
}
