using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Sluice.Edge.Kestrel;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Memory;

namespace Sluice.Edge.Http;

// The response on its way to the client. Its bytes are flushed once a turn, so that a head, a body and an end which arrive together
// leave together; they are acknowledged once Kestrel has room for more, so that a client which reads slowly slows the app. What comes while
// a flush waits is kept here, at most the window: Kestrel's HTTP/2 writer forgets to send what was written into a pending flush.
internal sealed partial class HttpExchange
{
    private static readonly SendOrPostCallback FlushPosted = static state => ((HttpExchange)state!).OnFlushPosted();

    private IHttpResponseBodyFeature _body = null!;
    private Slot _kept;
    private int _keptBytes;
    private int _keptReserved;
    private int _unacknowledged;
    private bool _isBegun;
    private bool _isStarted;
    private bool _isBodyless;
    private bool _isFlushPosted;
    private bool _isFlushing;
    private bool _isEnding;
    private bool _hasUnflushed;
    private bool _hasFlushed;

    /// <summary>The head of the response.</summary>
    public void OnBegin(in BeginFrame frame)
    {
        if (_outcome != Outcome.None)
        {
            return;
        }

        if (!HttpEx.TryRead(frame.Extension, out HttpEx http) || !TryApply(http.Headers, StatusCodes.Status200OK))
        {
            _response.Headers.Clear();
            _response.StatusCode = StatusCodes.Status500InternalServerError;
            Conclude(Outcome.Refused, CloseReason.ProtocolViolation);
            return;
        }

        _isBegun = true;
        PostFlush();
    }

    /// <summary>A piece of the body.</summary>
    public void OnData(in DataFrame frame)
    {
        if (_outcome != Outcome.None || _isBodyless)
        {
            _stream?.Port.Acknowledge(frame.Reserved);
            return;
        }

        if (_isFlushing)
        {
            if (_kept.IsNone)
            {
                _kept = _binding.Engine.Slots.Lease("http responses that wait for their client", HttpLimits.ResponseWindowBytes);
            }

            frame.Payload.CopyTo(_kept.Span[_keptBytes..]);
            _keptBytes += frame.Payload.Length;
            _keptReserved += frame.Reserved;
        }
        else
        {
            Write(frame.Payload, frame.Reserved);
        }
    }

    /// <summary>What came so far is to leave now.</summary>
    public void OnFlush() => PostFlush();

    /// <summary>The response is complete.</summary>
    public void OnEnd()
    {
        _isEnding = true;
        TryComplete();
    }

    private void ResetResponse()
    {
        _unacknowledged = _keptBytes = _keptReserved = 0;
        _isBegun = _isStarted = _isFlushPosted = _isFlushing = _isEnding = _hasUnflushed = _hasFlushed = false;
        _isBodyless = _request.Method == "HEAD";
    }

    private void Refuse(in CloseFrame frame)
    {
        int status = HttpRefusal.StatusOf(frame.Reason);
        if (HttpEx.TryRead(frame.Extension, out HttpEx http) && http.Headers.Count > 0 && TryApply(http.Headers, status))
        {
            return;
        }

        _response.Headers.Clear();
        _response.StatusCode = status;
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            _response.Headers.RetryAfter = frame.Reason == CloseReason.Overloaded ? RetrySoon : RetryNow;
        }
    }

    // Pseudo headers other than :status are a request's (echo returns them) and have no place in a response (config-core §3.8).
    private bool TryApply(in HeaderList headers, int status)
    {
        IHeaderDictionary target = _response.Headers;
        try
        {
            foreach (Header header in headers)
            {
                if (header.Name.StartsWith(":"u8))
                {
                    status = header.Name.SequenceEqual(":status"u8) ? StatusOf(header.Value) : status;
                }
                else if (header.Name.SequenceEqual("content-length"u8))
                {
                    target.ContentLength = Utf8Parser.TryParse(header.Value, out long length, out int used) && used == header.Value.Length ? length : null;
                }
                else if (!HttpHopByHop.IsConnection(header.Name))
                {
                    target.Append(_binding.Text.Of(header.Name), _binding.Text.Of(header.Value));
                }
            }

            _response.StatusCode = status;
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            return false; // A name, value or length that HTTP cannot carry.
        }

        // These have no body, whatever the app sends (RFC 9110 §6.4.1); a 304 may still say how long one would be.
        bool isEmpty = status is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent;
        _isBodyless |= isEmpty || status == StatusCodes.Status304NotModified;
        if (isEmpty)
        {
            target.ContentLength = null;
        }

        return status is >= 200 and <= 999;
    }

    private static int StatusOf(ReadOnlySpan<byte> value) =>
        Utf8Parser.TryParse(value, out int status, out int used) && used == value.Length ? status : 0;

    private void Write(ReadOnlySpan<byte> payload, int reserved)
    {
        using var scope = new EnginePipeScheduler.Scope();
        try
        {
            if (!_isStarted)
            {
                _isStarted = true;
                _ = _body.StartAsync(); // Writes the head into the connection's pipe, so that the body need not be kept apart; never waits.
            }

            _body.Writer.Write(payload);
        }
        catch (InvalidOperationException)
        {
            Conclude(Outcome.Broken, CloseReason.ProtocolViolation); // More than its content-length.
            return;
        }

        _unacknowledged += reserved;
        _hasUnflushed = true;
        PostFlush();
    }

    private void WriteKept()
    {
        if (_keptBytes > 0 && _outcome == Outcome.None)
        {
            Write(_kept.Span[.._keptBytes], _keptReserved);
        }

        ReturnKept();
    }

    private void ReturnKept()
    {
        _keptBytes = _keptReserved = 0;
        if (!_kept.IsNone)
        {
            _binding.Engine.Slots.Return(_kept);
            _kept = default;
        }
    }

    private void PostFlush()
    {
        if (!_isFlushPosted)
        {
            _isFlushPosted = true;
            _binding.Engine.Post(FlushPosted, this);
        }
    }

    // May come for a request that is over: the flags say whether the one served now wants it.
    private void OnFlushPosted()
    {
        if (_isFlushPosted && !_isFlushing && _outcome == Outcome.None)
        {
            Flush();
        }
    }

    private void Flush()
    {
        _isFlushPosted = _hasUnflushed = false;
        _isStarted = _hasFlushed = true;
        using var scope = new EnginePipeScheduler.Scope();
        ValueTask<FlushResult> flush = _body.Writer.FlushAsync();
        if (flush.IsCompletedSuccessfully)
        {
            OnFlushed();
        }
        else
        {
            _isFlushing = true;
            _ = AwaitFlushAsync(flush, _generation);
        }
    }

    private async Task AwaitFlushAsync(ValueTask<FlushResult> flush, int generation)
    {
        try
        {
            await flush.ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The client is gone; the connection tells.
        }

        await _binding.Scheduler.SwitchToEngine();
        if (generation != _generation)
        {
            return;
        }

        _isFlushing = false;
        OnFlushed();
        WriteKept();
        OnFlushPosted(); // What came meanwhile; its post found us busy.
        if (_isEnding)
        {
            TryComplete();
        }
    }

    private void OnFlushed()
    {
        int reserved = _unacknowledged;
        _unacknowledged = 0;
        _stream?.Port.Acknowledge(reserved);
    }

    // Kestrel flushes what it completes only when nothing was flushed before.
    private void TryComplete()
    {
        if (_outcome == Outcome.None && !_isFlushing && _hasUnflushed && _hasFlushed)
        {
            Flush();
        }

        if (_outcome == Outcome.None && !_isFlushing)
        {
            _outcome = _isBegun ? Outcome.Completed : Outcome.Refused;
            if (!_isBegun)
            {
                _response.StatusCode = StatusCodes.Status500InternalServerError;
            }

            _done.Set(); // Last: what follows may already be the next request.
        }
    }
}
