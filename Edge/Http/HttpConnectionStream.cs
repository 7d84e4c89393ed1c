using Microsoft.AspNetCore.Connections;
using Sluice.Edge.Kestrel;
using Sluice.Frames;
using Sluice.Frames.Memory;

namespace Sluice.Edge.Http;

/// <summary>The engine's side of a client connection: DATA into the pipe that Kestrel parses, what Kestrel writes out as DATA.</summary>
/// <remarks>
/// Back-pressure: while the parser does not keep up, what it left in the pipe is not acknowledged, so the client's window closes.
/// While the socket does not keep up there is no credit, the other pipe fills and Kestrel's flush waits.
/// </remarks>
internal sealed class HttpConnectionStream(HttpServerBinding binding) : StreamHandler
{
    private readonly TaskCompletionSource _sent = new();
    private readonly byte[] _first = new byte[HttpPreface.Bytes];
    private HttpConnection? _connection;
    private EngineTimer? _openingTimer;
    private EngineTimer? _finishedTimer;
    private long _sentBytes;
    private long _sentBytesSeen;
    private int _firstCount;
    private int _unacknowledged;
    private int _held;
    private bool _isDispatched;
    private bool _isEnded;
    private bool _isAborted;

    /// <summary>Sets the connection before the first frame.</summary>
    public void Attach(HttpConnection connection) => _connection = connection;

    private HttpConnection Connection => _connection!;

    public override void OnBegin(in BeginFrame frame)
    {
        Port.SendBegin();
        Hold(HttpLimits.ConnectionHeldBytes);
        Port.SendWindow(HttpLimits.ConnectionWindowBytes);
        _openingTimer = Port.Engine.Schedule(
            HttpLimits.RequestHeadSeconds * 1000L, static state => ((HttpConnectionStream)state!).OnOpeningTimeout(), this);
    }

    public override void OnData(in DataFrame frame)
    {
        ReadOnlySpan<byte> payload = frame.Payload;
        EngineInput input = Connection.Input;
        payload.CopyTo(input.GetRoom(payload.Length));
        input.Commit(payload.Length);
        _unacknowledged += frame.Reserved;
        if (!_isDispatched && !TryDispatch(payload))
        {
            return;
        }

        input.Deliver();
        if (input.IsOver)
        {
            Port.SendReset(CloseReason.None); // Kestrel reads no more.
        }
        else if (input.UnexaminedBytes < HttpLimits.PipeBytesMax)
        {
            Acknowledge();
        }
    }

    // A client may say FIN after its request and still read the answer; one that left says the same. So it gets what keeps coming.
    public override void OnEnd(in EndFrame frame)
    {
        if (!_isDispatched)
        {
            Close(CloseReason.None);
            return;
        }

        _isEnded = true;
        AwaitProgress();
        Connection.Input.Finish();
    }

    public override void OnAbort(in CloseFrame frame) => Close(frame.Reason);

    public override void OnReset(in CloseFrame frame) => Close(frame.Reason);

    public override void OnWindow(in WindowFrame frame) => Connection.Output.Push();

    public override void OnClosed()
    {
        _openingTimer?.Dispose();
        _finishedTimer?.Dispose();
        binding.Connections--;
        Hold(-_held);
    }

    /// <summary>True once Kestrel gives up the connection. Any thread.</summary>
    public bool IsAborted
    {
        get => Volatile.Read(ref _isAborted);
        set => Volatile.Write(ref _isAborted, value);
    }

    /// <summary>Kestrel gives up the connection: no clean end. Engine thread.</summary>
    public void Abort() => Close(CloseReason.Cancelled);

    /// <summary>Kestrel is done with the connection: what it wrote is still sent, then the stream ends. Any thread.</summary>
    public async Task FinishAsync()
    {
        await _sent.Task.ConfigureAwait(false);
        await binding.Scheduler.SwitchToEngine();
        Port.SendReset(CloseReason.None);
    }

    /// <summary>Sends what there is credit for.</summary>
    public int TrySend(ReadOnlySpan<byte> bytes)
    {
        if (Port.IsOutClosed)
        {
            return bytes.Length; // Nobody takes it any more.
        }

        int sent = 0;
        while (sent < bytes.Length && Math.Min(bytes.Length - sent, Port.SendableBytes) is > 0 and int count && Port.TryClaimData(count, 0, out DataClaim claim))
        {
            bytes.Slice(sent, count).CopyTo(claim.Payload);
            claim.Commit(count);
            sent += count;
        }

        _sentBytes += sent;
        return sent;
    }

    /// <summary>Kestrel has finished, and all it wrote is on its way.</summary>
    public void OnSent()
    {
        if (IsAborted)
        {
            Abort();
        }
        else
        {
            Port.SendEnd();
        }

        _sent.TrySetResult();
    }

    /// <summary>Kestrel has read on.</summary>
    public void OnConsumed()
    {
        if (Connection.Input.UnexaminedBytes <= HttpLimits.PipeBytesMax / 2)
        {
            Acknowledge();
        }
    }

    // ---- client to Kestrel ----

    private bool TryDispatch(ReadOnlySpan<byte> payload)
    {
        int count = Math.Min(payload.Length, _first.Length - _firstCount);
        payload[..count].CopyTo(_first.AsSpan(_firstCount));
        _firstCount += count;
        HttpOpening opening = HttpPreface.Detect(_first.AsSpan(0, _firstCount));
        if (opening == HttpOpening.Unknown)
        {
            return false;
        }

        _openingTimer?.Dispose();
        if (binding.FindListener(opening) is not HttpListener listener || !listener.TryOffer(Connection))
        {
            Close(CloseReason.Refused); // A version that this binding does not speak: closed without a word (config-core §3.3).
            return false;
        }

        Hold(opening == HttpOpening.Http2 ? HttpLimits.ConnectionStreamsWindowBytes : 0);
        _isDispatched = true;
        return true;
    }

    private void Hold(int bytes)
    {
        _held += bytes;
        if (bytes >= 0)
        {
            binding.Engine.Memory.Take(MemoryUser.Connections, bytes);
        }
        else
        {
            binding.Engine.Memory.Give(MemoryUser.Connections, -bytes);
        }
    }

    private void OnOpeningTimeout()
    {
        if (!_isDispatched)
        {
            Close(CloseReason.TimedOut);
        }
    }

    private void AwaitProgress()
    {
        _sentBytesSeen = _sentBytes;
        _finishedTimer = Port.Engine.Schedule(
            HttpLimits.FinishedClientMs, static state => ((HttpConnectionStream)state!).OnProgressTimeout(), this);
    }

    private void OnProgressTimeout()
    {
        if (_sentBytes == _sentBytesSeen)
        {
            Close(CloseReason.Cancelled);
        }
        else
        {
            AwaitProgress();
        }
    }

    private void Acknowledge()
    {
        int reserved = _unacknowledged;
        _unacknowledged = 0;
        if (reserved > 0 && !Port.IsInClosed)
        {
            Port.Acknowledge(reserved);
        }
    }

    private void Close(CloseReason reason)
    {
        _openingTimer?.Dispose();
        Port.Close(reason);
        if (!_isDispatched)
        {
            Connection.Input.Complete();
            return;
        }

        Connection.Output.Abandon();
        _sent.TrySetResult();
        if (!_isEnded)
        {
            _isEnded = true;
            Connection.Input.Finish(new ConnectionResetException("The client closed the connection."));
        }

        Connection.OnClientGone();
    }
}
