using Sluice.Frames.Memory;

namespace Sluice.Frames;

// What goes out: each frame is claimed in the ring (or behind those that wait for room there), filled in place and committed.
public sealed partial class LinkEnd
{
    internal void SendBegin(StreamPort port, ReadOnlySpan<byte> extension)
    {
        RecordWriter record = Claim(port, FrameType.Begin, FrameLayout.BeginExtension + extension.Length, isThrottle: false);
        record.Int64(FrameLayout.BeginAffinity, port.Affinity);
        extension.CopyTo(record.Span[FrameLayout.BeginExtension..]);
        Commit(record.Span);
    }

    internal void SendMark(StreamPort port, FrameType type, ReadOnlySpan<byte> extension)
    {
        RecordWriter record = Claim(port, type, FrameLayout.EndExtension + extension.Length, isThrottle: false);
        record.Int64(FrameLayout.BudgetId, 0);
        record.Int64(FrameLayout.Reserved, 0);
        extension.CopyTo(record.Span[FrameLayout.EndExtension..]);
        Commit(record.Span);
    }

    internal void SendClose(StreamPort port, FrameType type, CloseReason reason, ReadOnlySpan<byte> extension)
    {
        RecordWriter record = Claim(port, type, FrameLayout.Header + extension.Length, isThrottle: type != FrameType.Abort);
        record.Int32(FrameLayout.Detail, (int)reason);
        extension.CopyTo(record.Span[FrameLayout.Header..]);
        Commit(record.Span);
    }

    internal void SendWindow(StreamPort port, long acknowledge, int maximum, int padding, int minimum, int capabilities, long budgetId)
    {
        Lend(budgetId);
        RecordWriter record = Claim(port, FrameType.Window, FrameLayout.WindowBytes, isThrottle: true);
        record.Int64(FrameLayout.Acknowledge, acknowledge);
        record.Int32(FrameLayout.Maximum, maximum);
        record.Int64(FrameLayout.BudgetId, budgetId);
        record.Int32(FrameLayout.WindowPadding, padding);
        record.Int32(FrameLayout.WindowMinimum, minimum);
        record.Int64(FrameLayout.WindowCapabilities, capabilities);
        Commit(record.Span);
    }

    internal DataClaim ClaimData(StreamPort port, int payloadBytes, int extensionBytes)
    {
        RecordWriter record = Claim(port, FrameType.Data, FrameLayout.DataExtension + extensionBytes + payloadBytes, isThrottle: false);
        record.Int32(FrameLayout.DataSource, 0);
        return new DataClaim(this, port, record.Span, extensionBytes, null, _claims);
    }

    internal DataClaim ClaimReference(StreamPort port, PayloadSource source, long position, int extensionBytes)
    {
        RecordWriter record = Claim(port, FrameType.Data, FrameLayout.ReferenceExtension + extensionBytes, isThrottle: false);
        record.Int32(FrameLayout.DataSource, source.Number);
        record.Int64(FrameLayout.DataPosition, position);
        return new DataClaim(this, port, record.Span, extensionBytes, source, _claims);
    }

    internal void CommitData(StreamPort port, Span<byte> span, int extensionBytes, int payloadBytes, DataFlags flags, PayloadSource? source, int claim)
    {
        int bytes = source is null ? FrameLayout.DataExtension + extensionBytes + Math.Max(0, payloadBytes) : FrameLayout.ReferenceExtension + extensionBytes;
        if (claim != _claims || bytes > span.Length || (source is not null && payloadBytes <= 0))
        {
            throw new InvalidOperationException("a claim of DATA ends with the next send on the same link, is committed once, and holds what was claimed");
        }

        int reserved = Math.Max(0, payloadBytes) + port.PaddingBytes;
        var record = new RecordWriter(span);
        record.Int64(FrameLayout.Sequence, port.NextSequence(reserved));
        port.SpendBudget(reserved);
        record.Int32(FrameLayout.Detail, (int)flags);
        record.Int64(FrameLayout.BudgetId, IsLocal ? port.BudgetId : port.OwnerBudgetId);
        record.Int32(FrameLayout.Reserved, reserved);
        record.Int32(FrameLayout.DataPayloadBytes, payloadBytes);
        record.Int32(FrameLayout.DataExtensionBytes, extensionBytes);
        port.CountSent(Math.Max(0, payloadBytes));
        if (source is not null)
        {
            Engine.Counters.DataBytesReferred += payloadBytes;
            if (IsLocal)
            {
                source.Depart();
            }
        }

        Commit(span[..bytes]);
    }

    private RecordWriter Claim(StreamPort port, FrameType type, int bytes, bool isThrottle)
    {
        var record = new RecordWriter(RoomFor(bytes));
        bool isInitial = port.IsOpener != isThrottle;
        record.Int32(FrameLayout.Length, bytes);
        record.Int32(FrameLayout.Type, (int)type);
        record.Int64(FrameLayout.OriginId, port.OriginId);
        record.Int64(FrameLayout.RoutedId, port.RoutedId);
        record.Int64(FrameLayout.StreamId, port.ConversationId | (isInitial ? 1L : 0L));
        record.Int64(FrameLayout.Sequence, port.NextSequence(0));
        record.Int64(FrameLayout.Acknowledge, port.OutAcknowledge);
        record.Int32(FrameLayout.Maximum, port.OutMaximum);
        record.Int64(FrameLayout.Timestamp, Engine.StampNs);
        record.Int64(FrameLayout.TraceId, port.TraceId);
        record.Int64(FrameLayout.Authorization, port.Authorization);
        record.Int32(FrameLayout.Detail, 0);
        return record;
    }

    private RecordWriter ClaimOfLink(FrameType type, int number, int bytes)
    {
        var record = new RecordWriter(RoomFor(bytes));
        record.Span[..FrameLayout.Header].Clear();
        record.Int32(FrameLayout.Length, bytes);
        record.Int32(FrameLayout.Type, (int)type);
        record.Int64(FrameLayout.Timestamp, Engine.StampNs);
        record.Int32(FrameLayout.Detail, number);
        return record;
    }

    private Span<byte> RoomFor(int bytes)
    {
        _claims++;

        // Once something waits, everything waits behind it: order is part of the contract. The ring of a lost link may be gone.
        Span<byte> span = default;
        _isClaimOverflow = _isLost || !_overflow.IsEmpty || !_outbound.TryClaim(bytes, out span);
        return _isClaimOverflow ? _overflow.Claim(bytes) : span;
    }

    private void Commit(ReadOnlySpan<byte> record)
    {
        _claims++;
        Engine.Counters.FramesSent++;
        if (_isLost)
        {
            _overflow.Trim();
            return; // The peer is gone; its streams are being told.
        }

        if (_isClaimOverflow)
        {
            _overflow.Commit(record.Length);
            Engine.Counters.RingWaits++;
        }
        else
        {
            _outbound.Commit(record.Length);
            _hasNews = true;
        }
    }
}
