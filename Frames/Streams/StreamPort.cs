using System.Diagnostics;
using Sluice.Frames.Memory;

namespace Sluice.Frames;

/// <summary>One end of a conversation: two directions, each with its own BEGIN, credit and close (config-core §2.1-2.5).</summary>
/// <remarks>
/// Engine thread only. "Out" is the direction this end sends in, "in" the one it receives. The port keeps the credit rules, so a
/// binding cannot overrun its peer: what does not fit is refused by <see cref="TrySendData"/> and may be sent after the next WINDOW.
/// </remarks>
public sealed partial class StreamPort
{
    [Flags]
    private enum State : byte
    {
        None = 0,
        OutBegun = 1,
        OutClosed = 2,
        InBegun = 4,
        InClosed = 8,
        Over = OutClosed | InClosed,
    }

    /// <summary>Bit of a WINDOW's capabilities: whoever grants it understands CHALLENGE.</summary>
    public const int ChallengeCapability = 1;

    private readonly LinkEnd _link;
    private StreamHandler _handler;
    private readonly DirectionCounters _counters; // of the initial direction; those of the reply lie behind
    private State _state;

    private long _outSequence;
    private long _outAcknowledge;
    private int _outMaximum;

    private long _inSequence;
    private long _inAcknowledge;
    private int _inMaximum;
    private int _inPadding;
    private long _inWindowSent;
    private int _inTarget;

    internal StreamPort(LinkEnd link, StreamHandler handler, bool isOpener, long conversationId, long originId, long routedId)
    {
        _link = link;
        _handler = handler;
        IsOpener = isOpener;
        ConversationId = conversationId;
        OriginId = originId;
        RoutedId = routedId;
        long countedId = isOpener ? originId : link.Engine.TryFindBinding(routedId, out _) ? routedId : 0;
        _counters = link.Engine.Counters.Streams(countedId, isOpener, isReply: false);
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

    /// <summary>The instance at the other end, for streams that belong beside this one (<see cref="FrameEngine.Open"/>); 0 for our own process.</summary>
    public long Peer => _link.Peer.Key;

    /// <summary>True when the other end shares memory with us, and so files; false over gRPC, wherever the peer may be.</summary>
    public bool IsNear => _link.Peer.IsNear;

    /// <summary>Bytes charged on top of each DATA payload we send.</summary>
    public int PaddingBytes { get; private set; }

    private long WindowLeftBytes => _outMaximum - (_outSequence - _outAcknowledge);

    /// <summary>Payload bytes that one DATA frame may carry now, from 0 to <see cref="FrameLayout.PayloadBytesMax"/>.</summary>
    public int SendableBytes
    {
        get
        {
            if (!IsOutOpen)
            {
                return 0;
            }

            long available = WindowLeftBytes;
            if (OutBudgetId != 0)
            {
                available = Math.Min(available, ClaimableBytes(Math.Min(available, (long)FrameLayout.PayloadBytesMax + PaddingBytes)));
            }

            return (int)Math.Clamp(available - PaddingBytes, 0, FrameLayout.PayloadBytesMax);
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
        CheckExtension(extension.Length);
        if ((_state & (State.OutBegun | State.OutClosed)) != 0)
        {
            Debug.Assert((_state & State.OutBegun) == 0, "a direction begins once");
            return;
        }

        _state |= State.OutBegun;
        OutCounters.Open();
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
        if (!HasCredit(payloadBytes, extensionBytes))
        {
            claim = default;
            return false;
        }

        claim = _link.ClaimData(this, payloadBytes, extensionBytes);
        return true;
    }

    private bool HasCredit(int payloadBytes, int extensionBytes)
    {
        CheckExtension(extensionBytes);
        long reserved = (long)payloadBytes + PaddingBytes;
        if (!IsOutOpen || _outMaximum == 0 // Not even an empty piece before the first WINDOW, which says what padding to charge.
            || payloadBytes > FrameLayout.PayloadBytesMax || reserved > WindowLeftBytes
            || (OutBudgetId != 0 && reserved > ClaimableBytes(reserved)))
        {
            Engine.Counters.CreditStalls += IsOutOpen ? 1 : 0;
            return false;
        }

        return true;
    }

    /// <summary>Sends an in-band marker. It uses no credit.</summary>
    public void SendFlush(ReadOnlySpan<byte> extension)
    {
        CheckExtension(extension.Length);
        if (IsOutOpen)
        {
            _link.SendMark(this, FrameType.Flush, extension);
        }
    }

    /// <summary>Closes our direction cleanly.</summary>
    public void SendEnd(ReadOnlySpan<byte> extension = default)
    {
        CheckExtension(extension.Length);
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
        CheckExtension(extension.Length);
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
        CheckExtension(extension.Length);

        // A refusal may come when the request is complete already: then there is no direction to cancel, but a conversation to refuse.
        bool isRefusal = !IsOpener && (_state & (State.OutBegun | State.OutClosed)) == 0;
        if (!IsInClosed || isRefusal)
        {
            if (!IsInClosed)
            {
                CloseIn(isError: true);
            }

            _state |= isRefusal ? State.OutClosed : State.None; // No reply BEGIN will ever come, and the opener knows.
            _link.SendClose(this, FrameType.Reset, reason, extension);
            CloseIfOver();
        }
    }

    /// <summary>True when the other side said, in its last WINDOW, that it understands CHALLENGE.</summary>
    public bool IsChallengeUnderstood => (Capabilities & ChallengeCapability) != 0;

    /// <summary>Asks the sender of what comes in for fresh credentials; the stream goes on meanwhile.</summary>
    /// <param name="extension">What is asked for.</param>
    /// <returns>False, with nothing sent, when the direction is over or the other side does not understand: then the stream can only be ended.</returns>
    public bool SendChallenge(ReadOnlySpan<byte> extension)
    {
        CheckExtension(extension.Length);
        if (IsInClosed || !IsChallengeUnderstood)
        {
            return false;
        }

        _link.SendClose(this, FrameType.Challenge, CloseReason.None, extension);
        return true;
    }

    /// <summary>Grants a window for what comes in: at most this many unacknowledged bytes, padding included.</summary>
    /// <param name="maximumBytes">Window size; a smaller one than before only acts as bytes are acknowledged.</param>
    /// <param name="paddingBytes">Charged on every DATA: what we must add to each piece.</param>
    /// <param name="minimumBytes">Smallest useful window for a piece that cannot be split.</param>
    /// <param name="capabilities"><see cref="ChallengeCapability"/> when we, as a sender, understand CHALLENGE; 0 for none.</param>
    /// <param name="budgetId">Budget that the sender must claim from besides (<see cref="FrameEngine.Budgets"/>), wherever it is; 0 for none.</param>
    public void SendWindow(int maximumBytes, int paddingBytes = 0, int minimumBytes = 0, int capabilities = 0, long budgetId = 0)
    {
        if (IsInClosed)
        {
            return;
        }

        _inTarget = maximumBytes;
        _inMaximum = Math.Max(maximumBytes, _inMaximum); // Never take back credit: acknowledge + maximum may not fall.
        _inPadding = paddingBytes;
        SetInTerms(minimumBytes, capabilities, budgetId, ownPaddingBytes: 0);
        _inSharedWith = null;
        ChargeCredit();
        EmitWindow();
    }

    /// <summary>Frees credit of content that has been dealt with.</summary>
    /// <param name="reservedBytes">Sum of <see cref="DataFrame.Reserved"/> of the frames dealt with.</param>
    public void Acknowledge(int reservedBytes)
    {
        Debug.Assert(_inAcknowledge + reservedBytes <= _inSequence, "only what arrived can be acknowledged");
        AcknowledgeUpTo(Math.Min(_inSequence, _inAcknowledge + reservedBytes));

        // Few large grants beat many small ones: speak when half the window is free. But a sender that waits for room for one whole piece
        // (a full slot, or all that this window can ever hold) must get it once everything has been dealt with.
        long known = _inWindowSent + _inMaximum - _inSequence;
        bool isShort = _inAcknowledge == _inSequence && known < Math.Min(_inMaximum, (long)FrameLayout.PayloadBytesMax + _inPadding);
        if (!IsInClosed && (_inAcknowledge - _inWindowSent >= _inMaximum / 2 || isShort))
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
        _inTarget = downstream._outMaximum == 0 ? 0 : (int)Math.Min(int.MaxValue, (long)downstream._outMaximum + paddingBytes); // One whole piece must fit, with our padding.
        _inMaximum = Math.Max(_inTarget, _inMaximum);
        AcknowledgeUpTo(Math.Max(_inAcknowledge, _inSequence - outstanding));
        _inSharedWith = downstream;
        _inPadding = (int)Math.Min(int.MaxValue, (long)downstream.PaddingBytes + paddingBytes);
        SetInTerms(downstream.MinimumBytes, downstream.Capabilities, downstream.OutBudgetId, paddingBytes);
        ReleaseCredit(); // What comes goes on at once: the holder is downstream, and granted this.
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
        CloseIfOver(); // A handler that threw at the last frame of all left nothing to send, and the port in the table.
    }

    /// <summary>From the next frame on another handler has the stream: for one that had to learn first what kind of stream it is.</summary>
    /// <remarks>The new one hears of nothing that came before; tell it what it must know.</remarks>
    public void HandOver(StreamHandler next)
    {
        _handler = next;
        next.Attach(this);
    }

    internal long NextSequence(int reservedBytes)
    {
        long sequence = _outSequence;
        _outSequence += reservedBytes;
        return sequence;
    }

    internal void CountSent(int payloadBytes)
    {
        OutCounters.Data(payloadBytes);
        Engine.Counters.DataBytesSent += payloadBytes;
        Engine.Counters.CreditStalls += WindowLeftBytes <= PaddingBytes ? 1 : 0;
    }

    internal long OutAcknowledge => _outAcknowledge;

    internal int OutMaximum => _outMaximum;

    private static void CheckExtension(int bytes)
    {
        if (bytes > FrameLayout.ExtensionBytesMax)
        {
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, $"an extension is at most {FrameLayout.ExtensionBytesMax} bytes");
        }
    }

    private void CloseIfOver()
    {
        if (IsOver)
        {
            _link.Remove(this, _handler);
        }
    }
}
