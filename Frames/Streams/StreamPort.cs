using System.Diagnostics;
using Sluice.Frames.Memory;

namespace Sluice.Frames;

/// <summary>One end of a conversation: two directions, each with its own BEGIN, credit and close (config-core §2.1-2.5).</summary>
/// <remarks>
/// Engine thread only. "Out" is the direction this end sends in, "in" the one it receives. The port keeps the credit rules, so a
/// binding cannot overrun its peer: what does not fit is refused by <see cref="TrySendData"/> and may be sent after the next WINDOW.
/// </remarks>
public sealed class StreamPort
{
    [Flags]
    private enum State
    {
        None = 0,
        OutBegun = 1,
        OutClosed = 2,
        InBegun = 4,
        InClosed = 8,
        Over = OutClosed | InClosed,
    }

    private readonly LinkEnd _link;
    private readonly StreamHandler _handler;
    private readonly DirectionCounters _outCounters;
    private readonly DirectionCounters _inCounters;
    private State _state;

    private long _outSequence;
    private long _outAcknowledge;
    private int _outMaximum;

    private long _inSequence;
    private long _inAcknowledge;
    private int _inMaximum;
    private int _inPadding;
    private int _inMinimum;
    private int _inCapabilities;
    private long _inWindowSent;

    internal StreamPort(LinkEnd link, StreamHandler handler, bool isOpener, long conversationId, long originId, long routedId)
    {
        _link = link;
        _handler = handler;
        IsOpener = isOpener;
        ConversationId = conversationId;
        OriginId = originId;
        RoutedId = routedId;
        long countedId = isOpener ? originId : link.Engine.TryFindBinding(routedId, out _) ? routedId : 0;
        _outCounters = link.Engine.Counters.Streams(countedId, isOpener, isReply: !isOpener);
        _inCounters = link.Engine.Counters.Streams(countedId, isOpener, isReply: isOpener);
        handler.Attach(this);
    }

    /// <summary>The engine this end lives on, for life.</summary>
    public FrameEngine Engine => _link.Engine;

    /// <summary>True at the end that opened the conversation: it sends the initial direction and receives the reply.</summary>
    public bool IsOpener { get; }

    /// <summary>Names the conversation on its link: the stream id of the reply; the initial direction adds the lowest bit.</summary>
    public long ConversationId { get; }

    /// <summary>Binding that opened the conversation.</summary>
    public long OriginId { get; }

    /// <summary>Binding it was opened to.</summary>
    public long RoutedId { get; }

    /// <summary>Guard session of the conversation, 0 for none; every frame carries it.</summary>
    public long Authorization { get; set; }

    /// <summary>Joins all frames one network event caused; every frame carries it.</summary>
    public long TraceId { get; set; }

    /// <summary>Asks that related streams share one engine; sent with BEGIN.</summary>
    public long Affinity { get; init; }

    /// <summary>Bytes charged on top of each DATA payload we send.</summary>
    public int PaddingBytes { get; private set; }

    /// <summary>Smallest useful window for a piece that cannot be split, in bytes.</summary>
    public int MinimumBytes { get; private set; }

    /// <summary>What the other side understands; bit 0: CHALLENGE.</summary>
    public int Capabilities { get; private set; }

    /// <summary>Payload bytes that one DATA frame may carry now, from 0 to <see cref="FrameLayout.PayloadBytesMax"/>.</summary>
    public int SendableBytes
    {
        get
        {
            if (!IsOutOpen)
            {
                return 0;
            }

            long available = _outMaximum - (_outSequence - _outAcknowledge) - PaddingBytes;
            return (int)Math.Clamp(available, 0, FrameLayout.PayloadBytesMax);
        }
    }

    /// <summary>True from our BEGIN until our END or ABORT, or their RESET.</summary>
    public bool IsOutOpen => (_state & (State.OutBegun | State.OutClosed)) == State.OutBegun;

    /// <summary>True from their BEGIN until their END or ABORT, or our RESET.</summary>
    public bool IsInOpen => (_state & (State.InBegun | State.InClosed)) == State.InBegun;

    /// <summary>True when nothing more can be sent, whether or not we ever began.</summary>
    public bool IsOutClosed => (_state & State.OutClosed) != 0;

    /// <summary>True when nothing more will arrive.</summary>
    public bool IsInClosed => (_state & State.InClosed) != 0;

    /// <summary>True when both directions are over.</summary>
    public bool IsOver => (_state & State.Over) == State.Over;

    /// <summary>Credit granted and not used by what arrived, in bytes.</summary>
    public long InWindowBytes => _inMaximum - (_inSequence - _inAcknowledge);

    /// <summary>Bytes that arrived and were not acknowledged.</summary>
    public long UnacknowledgedBytes => _inSequence - _inAcknowledge;

    /// <summary>Opens our direction. Once.</summary>
    public void SendBegin(ReadOnlySpan<byte> extension = default)
    {
        if ((_state & (State.OutBegun | State.OutClosed)) != 0)
        {
            Debug.Assert((_state & State.OutBegun) == 0, "a direction begins once");
            return;
        }

        _state |= State.OutBegun;
        _outCounters.Open();
        _link.SendBegin(this, extension);
    }

    /// <summary>Sends one piece of content when the window allows it.</summary>
    /// <param name="payload">At most <see cref="SendableBytes"/>.</param>
    /// <param name="flags">Where the piece stands in its message.</param>
    /// <param name="extension">Metadata; needs no credit.</param>
    /// <returns>False, with nothing sent, when the window is too small or our direction is closed.</returns>
    public bool TrySendData(ReadOnlySpan<byte> payload, DataFlags flags = DataFlags.Whole, ReadOnlySpan<byte> extension = default)
    {
        if (!TryClaimData(payload.Length, extension.Length, out DataClaim claim))
        {
            return false;
        }

        extension.CopyTo(claim.Extension);
        payload.CopyTo(claim.Payload);
        claim.Commit(payload.Length, flags);
        return true;
    }

    /// <summary>Sends a message without any payload, which differs from an empty one. It uses the padding's credit only.</summary>
    public bool TrySendNull(ReadOnlySpan<byte> extension, DataFlags flags = DataFlags.Whole)
    {
        if (!TryClaimData(0, extension.Length, out DataClaim claim))
        {
            return false;
        }

        extension.CopyTo(claim.Extension);
        claim.Commit(-1, flags);
        return true;
    }

    /// <summary>Reserves room for one piece of content, to be filled in place and then committed (or forgotten).</summary>
    /// <param name="payloadBytes">The most the piece may become.</param>
    /// <param name="extensionBytes">Exact size of the extension.</param>
    /// <param name="claim">The room; valid until any other send of this engine.</param>
    /// <returns>False when the window is too small or our direction is closed.</returns>
    public bool TryClaimData(int payloadBytes, int extensionBytes, out DataClaim claim)
    {
        long reserved = (long)payloadBytes + PaddingBytes;
        if (!IsOutOpen || payloadBytes > FrameLayout.PayloadBytesMax || reserved > _outMaximum - (_outSequence - _outAcknowledge))
        {
            Engine.Counters.CreditStalls += IsOutOpen ? 1 : 0;
            claim = default;
            return false;
        }

        claim = _link.ClaimData(this, payloadBytes, extensionBytes);
        return true;
    }

    /// <summary>Sends an in-band marker. It uses no credit.</summary>
    public void SendFlush(ReadOnlySpan<byte> extension)
    {
        if (IsOutOpen)
        {
            _link.SendMark(this, FrameType.Flush, extension);
        }
    }

    /// <summary>Closes our direction cleanly.</summary>
    public void SendEnd(ReadOnlySpan<byte> extension = default)
    {
        if (IsOutOpen)
        {
            CloseOut(isError: false);
            _link.SendMark(this, FrameType.End, extension);
            CloseIfOver();
        }
    }

    /// <summary>Gives up our direction: what was sent is incomplete.</summary>
    public void SendAbort(CloseReason reason, ReadOnlySpan<byte> extension = default)
    {
        if (!IsOutClosed)
        {
            CloseOut(isError: true);
            _link.SendClose(this, FrameType.Abort, reason, extension);
            CloseIfOver();
        }
    }

    /// <summary>Refuses or cancels the direction that comes in. Before our own BEGIN it refuses the whole conversation.</summary>
    public void SendReset(CloseReason reason, ReadOnlySpan<byte> extension = default)
    {
        if (!IsInClosed)
        {
            CloseIn(isError: true);
            if (!IsOpener && (_state & State.OutBegun) == 0)
            {
                _state |= State.OutClosed; // No reply BEGIN will ever come, and the opener knows.
            }

            _link.SendClose(this, FrameType.Reset, reason, extension);
            CloseIfOver();
        }
    }

    /// <summary>Asks the sender for fresh credentials.</summary>
    public void SendChallenge(ReadOnlySpan<byte> extension)
    {
        if (!IsInClosed)
        {
            _link.SendClose(this, FrameType.Challenge, CloseReason.None, extension);
        }
    }

    /// <summary>Grants a window for what comes in: at most this many unacknowledged bytes, padding included.</summary>
    /// <param name="maximumBytes">Window size; a smaller one than before only acts as bytes are acknowledged.</param>
    /// <param name="paddingBytes">Charged on every DATA: what we must add to each piece.</param>
    /// <param name="minimumBytes">Smallest useful window for a piece that cannot be split.</param>
    /// <param name="capabilities">Bit 0: we understand CHALLENGE from behind.</param>
    public void SendWindow(int maximumBytes, int paddingBytes = 0, int minimumBytes = 0, int capabilities = 0)
    {
        if (IsInClosed)
        {
            return;
        }

        // Never take back credit: acknowledge + maximum may not fall.
        long limit = Math.Max(_inAcknowledge + maximumBytes, _inAcknowledge + _inMaximum);
        _inMaximum = (int)Math.Min(int.MaxValue, limit - _inAcknowledge);
        _inPadding = paddingBytes;
        _inMinimum = minimumBytes;
        _inCapabilities = capabilities;
        EmitWindow();
    }

    /// <summary>Frees credit of content that has been dealt with.</summary>
    /// <param name="reservedBytes">Sum of <see cref="DataFrame.Reserved"/> of the frames dealt with.</param>
    public void Acknowledge(int reservedBytes)
    {
        Debug.Assert(_inAcknowledge + reservedBytes <= _inSequence, "only what arrived can be acknowledged");
        _inAcknowledge = Math.Min(_inSequence, _inAcknowledge + reservedBytes);

        // Few large grants beat many small ones: speak when half the window is free, or a piece needs more than the other half.
        if (!IsInClosed && (_inAcknowledge - _inWindowSent >= _inMaximum / 2 || (_inAcknowledge == _inSequence && _inMinimum > _inMaximum / 2)))
        {
            EmitWindow();
        }
    }

    /// <summary>Gives our sender exactly the credit that another direction has: how a proxying binding carries back-pressure.</summary>
    /// <param name="downstream">The end on which what arrives here is sent on, one DATA for one DATA.</param>
    /// <param name="paddingBytes">What this binding adds to each piece itself.</param>
    public void ShareWindowOf(StreamPort downstream, int paddingBytes = 0)
    {
        if (IsInClosed)
        {
            return;
        }

        // Sent on at once, so what is outstanding downstream is outstanding here too (with our own padding, which is charged upstream only).
        long outstanding = Math.Min(_inSequence - _inAcknowledge, downstream._outSequence - downstream._outAcknowledge);
        _inAcknowledge = Math.Max(_inAcknowledge, _inSequence - outstanding);
        _inMaximum = (int)Math.Max(downstream._outMaximum, _inMaximum);
        _inPadding = downstream.PaddingBytes + paddingBytes;
        _inMinimum = downstream.MinimumBytes;
        _inCapabilities = downstream.Capabilities;
        EmitWindow();
    }

    /// <summary>Ends whatever is still open: ABORT for what we send, RESET for what we receive.</summary>
    public void Close(CloseReason reason)
    {
        // Before our BEGIN the RESET below speaks for both directions, unless theirs is closed already.
        if (!IsOutClosed && ((_state & State.OutBegun) != 0 || IsOpener || IsInClosed))
        {
            SendAbort(reason);
        }

        SendReset(reason);
    }

    internal void OnFrame(in FrameHeader header)
    {
        if (IsLate(header))
        {
            return; // Frames after close are dropped (config-core §2.5 rule 4).
        }

        switch (header.Type)
        {
            case FrameType.Begin when (_state & State.InBegun) != 0:
                Engine.Counters.Violations++; // A direction begins once.
                break;
            case FrameType.Begin:
                _state |= State.InBegun;
                _inCounters.Open();
                _handler.OnBegin(new BeginFrame(header));
                break;
            case FrameType.Data:
                OnData(header);
                break;
            case FrameType.Flush:
                _handler.OnFlush(new FlushFrame(header));
                break;
            case FrameType.End:
                CloseIn(isError: false);
                _handler.OnEnd(new EndFrame(header));
                CloseIfOver();
                break;
            case FrameType.Abort:
                OnAbort(header);
                break;
            case FrameType.Reset:
                OnReset(header);
                break;
            case FrameType.Window:
                OnWindow(header);
                break;
            case FrameType.Challenge:
                _handler.OnChallenge(new ChallengeFrame(header));
                break;
        }
    }

    /// <summary>Ends the port without sending: the link is gone.</summary>
    internal void OnLinkLost(CloseReason reason)
    {
        if (!IsInClosed)
        {
            CloseIn(isError: true);
            _handler.OnAbort(new CloseFrame(_link.Synthetic(FrameType.Abort, reason)));
        }

        if (!IsOutClosed)
        {
            CloseOut(isError: true);
            _handler.OnReset(new CloseFrame(_link.Synthetic(FrameType.Reset, reason)));
        }

        _state |= State.Over;
        CloseIfOver();
    }

    internal long NextSequence(int reservedBytes)
    {
        long sequence = _outSequence;
        _outSequence += reservedBytes;
        return sequence;
    }

    internal void CountSent(int payloadBytes)
    {
        _outCounters.Data(payloadBytes);
        Engine.Counters.DataBytesSent += payloadBytes;
        Engine.Counters.CreditStalls += SendableBytes == 0 ? 1 : 0;
    }

    internal long OutAcknowledge => _outAcknowledge;

    internal int OutMaximum => _outMaximum;

    private void OnData(in FrameHeader header)
    {
        var frame = new DataFrame(header);
        int reserved = frame.Reserved;
        if (reserved > InWindowBytes || header.Sequence != _inSequence)
        {
            // A violation ends the stream, never the process: RESET to the sender, and to the handler as if the sender had given up.
            Engine.Counters.Violations++;
            CloseIn(isError: true);
            _link.SendClose(this, FrameType.Reset, CloseReason.CreditOverrun, default);
            _handler.OnAbort(new CloseFrame(_link.Synthetic(FrameType.Abort, CloseReason.CreditOverrun)));
            CloseIfOver();
            return;
        }

        _inSequence += reserved;
        _inCounters.Data(frame.Payload.Length);
        Engine.Counters.DataBytesReceived += frame.Payload.Length;
        _handler.OnData(frame);
    }

    private void OnAbort(in FrameHeader header)
    {
        CloseIn(isError: true);
        _handler.OnAbort(new CloseFrame(header));
        CloseIfOver();
    }

    private void OnReset(in FrameHeader header)
    {
        CloseOut(isError: true);
        if (IsOpener && (_state & State.InBegun) == 0)
        {
            _state |= State.InClosed; // Refused: no reply will come.
        }

        _handler.OnReset(new CloseFrame(header));
        CloseIfOver();
    }

    private void OnWindow(in FrameHeader header)
    {
        var frame = new WindowFrame(header);
        long acknowledge = Math.Min(header.Acknowledge, _outSequence);
        if (acknowledge < _outAcknowledge || acknowledge + header.Maximum < _outAcknowledge + _outMaximum)
        {
            Engine.Counters.Violations++; // Credit is never taken back; an old or broken grant is ignored.
            return;
        }

        _outAcknowledge = acknowledge;
        _outMaximum = header.Maximum;
        PaddingBytes = frame.PaddingBytes;
        MinimumBytes = frame.MinimumBytes;
        Capabilities = frame.Capabilities;
        _handler.OnWindow(frame);
    }

    private void CloseOut(bool isError)
    {
        _outCounters.Close(isError, (_state & (State.OutBegun | State.OutClosed)) == State.OutBegun);
        _state |= State.OutClosed;
    }

    private void CloseIn(bool isError)
    {
        _inCounters.Close(isError, (_state & (State.InBegun | State.InClosed)) == State.InBegun);
        _state |= State.InClosed;
    }

    private void EmitWindow()
    {
        _inWindowSent = _inAcknowledge;
        _link.SendWindow(this, _inAcknowledge, _inMaximum, _inPadding, _inMinimum, _inCapabilities);
    }

    private bool IsLate(in FrameHeader header)
    {
        if (!header.IsThrottle)
        {
            return IsInClosed;
        }

        // A refusal may come after our END: a request can be complete before anyone looked at it.
        bool isRefusal = header.Type == FrameType.Reset && IsOpener && (_state & (State.InBegun | State.InClosed)) == 0;
        return IsOutClosed && !isRefusal;
    }

    private void CloseIfOver()
    {
        if (IsOver)
        {
            _link.Remove(this, _handler);
        }
    }
}
