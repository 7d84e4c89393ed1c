namespace Sluice.Frames;

// What arrives: each frame is checked against the state and the credit of its direction, and then told to the handler.
public sealed partial class StreamPort
{
    internal void OnFrame(in FrameHeader header)
    {
        if (IsLate(header))
        {
            _link.Drop(header); // Frames after close (config-core §2.5 rule 4).
            return;
        }

        Engine.Running = _handler;
        switch (header.Type)
        {
            case FrameType.Begin when (_state & State.InBegun) != 0:
                Violate(CloseReason.ProtocolViolation); // A direction begins once.
                break;
            case FrameType.Data or FrameType.Flush or FrameType.End when (_state & State.InBegun) == 0:
                _link.Drop(header);
                Violate(CloseReason.ProtocolViolation); // Nothing but ABORT comes before BEGIN.
                break;
            case FrameType.Begin:
                _state |= State.InBegun;
                InCounters.Open();
                _handler.OnBegin(new BeginFrame(header));
                break;
            case FrameType.Data:
                OnData(header);
                break;
            case FrameType.Flush or FrameType.End when !TryTakeReserved(header):
                _link.Drop(header);
                Violate(CloseReason.CreditOverrun);
                break;
            case FrameType.Flush:
                _handler.OnFlush(new FlushFrame(header));
                FreeReserved(header);
                break;
            case FrameType.End:
                CloseIn(isError: false);
                _handler.OnEnd(new EndFrame(header));
                FreeReserved(header);
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
        Engine.Running = _handler;
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

    /// <summary>As <see cref="OnLinkLost"/>, and a handler that throws costs nobody else.</summary>
    internal void LoseLink(CloseReason reason) => _link.Guard(this, reason, static (port, reason) => port.OnLinkLost(reason));

    // FLUSH and END may use credit of their own (config-core §2.3 rule 7).
    private bool TryTakeReserved(in FrameHeader header)
    {
        int reserved = header.Int32(FrameLayout.Reserved);
        if (reserved > 0 && (reserved > InWindowBytes || header.Sequence != _inSequence))
        {
            return false;
        }

        _inSequence += reserved;
        return true;
    }

    // A mark has no content that a handler could keep: what it used is free when the handler returns.
    private void FreeReserved(in FrameHeader header)
    {
        if (header.Int32(FrameLayout.Reserved) is > 0 and int reserved)
        {
            _link.Drop(header); // Its share of a budget too.
            Acknowledge(reserved);
        }
    }

    private void OnData(in FrameHeader header)
    {
        var frame = new DataFrame(header);
        int reserved = frame.Reserved;
        if (reserved > InWindowBytes || header.Sequence != _inSequence)
        {
            _link.Drop(header);
            Violate(CloseReason.CreditOverrun);
            return;
        }

        _inSequence += reserved;
        int payloadBytes = frame.PayloadBytes;
        InCounters.Data(payloadBytes);
        Engine.Counters.DataBytesReceived += payloadBytes;
        if (frame.BudgetId == 0)
        {
            _handler.OnData(frame);
        }
        else
        {
            OnBudgetedData(frame);
        }

        if (InOwnPadding > 0 && _inSharedWith is not null && !IsInClosed)
        {
            FreeOwnPadding(_inSharedWith);
        }
    }

    // What a proxy charges for itself is not outstanding behind it: no WINDOW from there will ever free it.
    private void FreeOwnPadding(StreamPort downstream)
    {
        long surplus = _inSequence - _inAcknowledge - (downstream._outSequence - downstream._outAcknowledge);
        if (surplus <= 0)
        {
            return;
        }

        AcknowledgeUpTo(_inAcknowledge + Math.Min(surplus, InOwnPadding));
        long known = _inWindowSent + _inMaximum - _inSequence;
        if (known < Math.Min(_inMaximum, (long)FrameLayout.PayloadBytesMax + _inPadding))
        {
            EmitWindow();
        }
    }

    // A violation ends the stream, never the process: RESET to the sender, and to the handler as if the sender had given up.
    private void Violate(CloseReason reason)
    {
        Engine.Counters.Violations++;
        bool isRefusal = !IsOpener && (_state & (State.OutBegun | State.OutClosed)) == 0;
        CloseIn(isError: true);
        _link.SendClose(this, FrameType.Reset, reason, default);
        _handler.OnAbort(new CloseFrame(_link.Synthetic(FrameType.Abort, reason)));
        _state |= isRefusal ? State.OutClosed : State.None;
        CloseIfOver();
    }

    // The receiver of our direction broke the rules: ABORT to it, and to the handler as if it had refused.
    private void ViolateOut()
    {
        Engine.Counters.Violations++;
        CloseOut(isError: true);
        _link.SendClose(this, FrameType.Abort, CloseReason.ProtocolViolation, default);
        _handler.OnReset(new CloseFrame(_link.Synthetic(FrameType.Reset, CloseReason.ProtocolViolation)));
        CloseIfOver();
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
            ChargeHeld();
        }

        _handler.OnReset(new CloseFrame(header));
        CloseIfOver();
    }

    private void OnWindow(in FrameHeader header)
    {
        var frame = new WindowFrame(header);
        long acknowledge = header.Acknowledge;
        if (acknowledge < _outAcknowledge || acknowledge > _outSequence || acknowledge + header.Maximum < _outAcknowledge + _outMaximum)
        {
            ViolateOut(); // Credit is never taken back, and nothing is freed that was not sent.
            return;
        }

        _outAcknowledge = acknowledge;
        _outMaximum = header.Maximum;
        PaddingBytes = frame.PaddingBytes;
        SetOutTerms(frame.MinimumBytes, frame.Capabilities);
        _link.Borrow(header);
        UseBudget(frame.BudgetId);
        _handler.OnWindow(frame);
    }

    private void CloseOut(bool isError)
    {
        OutCounters.Close(isError, (_state & (State.OutBegun | State.OutClosed)) == State.OutBegun);
        _state |= State.OutClosed;
        LeaveLine();
    }

    private void CloseIn(bool isError)
    {
        InCounters.Close(isError, (_state & (State.InBegun | State.InClosed)) == State.InBegun);
        _state |= State.InClosed;
        ChargeHeld();
    }

    // As what was granted is used up, the window falls to what the receiver last asked for.
    private void AcknowledgeUpTo(long acknowledge)
    {
        long limit = _inAcknowledge + _inMaximum;
        _inAcknowledge = acknowledge;
        _inMaximum = (int)Math.Max(_inTarget, limit - acknowledge);
        if (IsInClosed)
        {
            ChargeHeld();
        }
        else if (_inMaximum < _inCharged)
        {
            ChargeCredit(); // A window that was made smaller.
        }
    }

    private void EmitWindow()
    {
        _inWindowSent = _inAcknowledge;
        _link.SendWindow(this, _inAcknowledge, _inMaximum, _inPadding, InMinimum, InCapabilities, InBudgetId);
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
}
