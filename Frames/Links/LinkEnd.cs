using Sluice.Frames.Links;
using Sluice.Frames.Memory;

namespace Sluice.Frames;

/// <summary>One engine's end of a way to another engine: a ring to write, a ring to read, and the streams that use them.</summary>
/// <remarks>
/// Engine thread only. The engine's way to itself is a link end too, whose two rings are one. When the outgoing ring is full,
/// frames wait in order in an overflow and follow as room appears: credit bounds what a stream can have under way, so a full ring
/// delays, and never drops or blocks.
/// </remarks>
public sealed partial class LinkEnd
{
    // A stream id (config-core §2.1): bits 56-62 the opening engine, 48-54 the accepting one, 0-30 the instance with the direction as bit 0.
    private const int OpenerShift = 56;
    private const int AccepterShift = 48;
    private const int InstanceMask = 0x7FFFFFFE;

    private const int LoseRoundsMax = 16; // Handlers that open a new stream each time an old one is lost get this many tries.

    private readonly FrameRing _outbound;
    private readonly FrameRing _inbound;
    private readonly Action? _ringPeer;
    private readonly FrameOverflow _overflow;
    private readonly PortTable _opened = new();
    private readonly PortTable _accepted = new();
    private readonly byte[] _synthetic = new byte[FrameLayout.WindowBytes];
    private readonly byte[] _fields = new byte[FrameLayout.FieldsBytes];
    private readonly long _conversationBase;
    private int _lastInstance;
    private bool _isClaimOverflow;
    private int _claims;
    private bool _hasNews;
    private bool _isLost;
    private bool _isCorrupt;

    /// <param name="engine">The owner.</param>
    /// <param name="room">Where the way leads.</param>
    /// <param name="outbound">Written here.</param>
    /// <param name="inbound">Read here.</param>
    /// <param name="ringPeer">Wakes the peer; null when there is none.</param>
    /// <param name="peer">Who is at the other end.</param>
    internal LinkEnd(FrameEngine engine, string room, FrameRing outbound, FrameRing inbound, Action? ringPeer, LinkPeer peer = default)
    {
        _conversationBase = ((long)engine.Index << OpenerShift) | ((long)peer.Engine << AccepterShift);
        Engine = engine;
        Room = room;
        _outbound = outbound;
        _inbound = inbound;
        _ringPeer = ringPeer;
        Peer = ringPeer is null ? LinkPeer.Self : peer;
        _overflow = new FrameOverflow(engine.Slots, ReferenceEquals(outbound, inbound) ? null : engine.Memory);
    }

    /// <summary>The engine that owns this end.</summary>
    public FrameEngine Engine { get; }

    /// <summary>The room at the other end; the engine's own room for its way to itself.</summary>
    public string Room { get; }

    /// <summary>Who is at the other end.</summary>
    internal LinkPeer Peer { get; }

    /// <summary>Streams that use this end now.</summary>
    public int StreamCount => _opened.Count + _accepted.Count;

    /// <summary>Their ends here.</summary>
    internal IEnumerable<StreamPort> Ports => _opened.Values.Concat(_accepted.Values);

    /// <summary>Memory of both rings.</summary>
    internal long RingBytes => (long)FrameRing.SizeOf(_outbound.CapacityBytes) + FrameRing.SizeOf(_inbound.CapacityBytes);

    /// <summary>True for the engine's way to itself.</summary>
    public bool IsLocal => ReferenceEquals(_outbound, _inbound);

    /// <summary>False once the peer is gone: nothing can be opened any more.</summary>
    public bool IsLive => !_isLost;

    /// <summary>Opens a conversation over this end; the caller then sends BEGIN.</summary>
    internal StreamPort Open(StreamHandler handler, long originId, long routedId, long affinity)
    {
        long conversation;
        do
        {
            _lastInstance = (_lastInstance + 2) & InstanceMask;
            conversation = _conversationBase | (uint)_lastInstance;
        }
        while (_lastInstance == 0 || _opened.Contains(conversation)); // Two billion later a number comes again; its stream may still live.

        var port = new StreamPort(this, handler, isOpener: true, conversation, originId, routedId) { Affinity = affinity };
        _opened.Add(port);
        Engine.Memory.Take(MemoryUser.Streams, StreamPort.Bytes);
        Engine.Counters.StreamsOpened++;
        return port;
    }

    /// <summary>Dispatches up to <paramref name="framesMax"/> frames. Returns how many.</summary>
    internal int Poll(int framesMax)
    {
        int count = 0;
        while (count < framesMax && !_isCorrupt && _inbound.TryRead(out ReadOnlySpan<byte> record))
        {
            count++;
            ReadOnlySpan<byte> fields = FieldsOf(record);
            PayloadSource? source = null;
            if (FrameCheck.IsSound(fields, record.Length) && (!IsReference(fields) || TryFindSource(fields, out source)) && (IsLocal || TryReceivePaid()))
            {
                var header = new FrameHeader(fields, record, source);
                Engine.Hear(header.TimestampNs);
                Dispatch(header);
                if (IsLocal)
                {
                    source?.Arrive();
                }
            }
            else
            {
                Violate();
            }

            _inbound.Skip();
        }

        if (count > 0)
        {
            _inbound.Release();
            Engine.Counters.FramesReceived += count;
        }

        return count;
    }

    /// <summary>Moves waiting frames into the ring, and wakes the peer when there is news for it. End of each turn.</summary>
    internal int Flush()
    {
        int moved = 0;
        while (_overflow.TryPeek(out ReadOnlySpan<byte> record) && _outbound.TryClaim(record.Length, out Span<byte> room))
        {
            record.CopyTo(room);
            _outbound.Commit(record.Length);
            _overflow.Pop();
            _hasNews = true;
            moved++;
        }

        _overflow.Trim();
        if (_hasNews)
        {
            _hasNews = false;
            if (_ringPeer is not null && _outbound.TakeParked())
            {
                Engine.Counters.Doorbells++;
                _ringPeer();
            }
        }

        return moved;
    }

    /// <summary>Closes the whole link; set for ends that lead to another process.</summary>
    internal Action? CloseLink { get; set; }

    /// <summary>True while frames wait to be dispatched, or the engine's own ring has room to be filled again.</summary>
    internal bool HasInput => !_inbound.IsEmpty || (_ringPeer is null && !_overflow.IsEmpty);

    /// <summary>True while frames wait for room in another engine's ring.</summary>
    internal bool IsBlocked => _ringPeer is not null && !_overflow.IsEmpty;

    /// <summary>True when bytes in the ring made no sense: the link must be closed.</summary>
    internal bool IsCorrupt => _isCorrupt || _inbound.IsCorrupt || _outbound.IsCorrupt;

    // A peer of our version never writes such bytes: nothing it says can be relied on.
    private void Violate()
    {
        Engine.Counters.Violations++;
        _isCorrupt = !IsLocal;
    }

    internal void Park() => _inbound.Park();

    internal void Unpark() => _inbound.Unpark();

    /// <summary>The peer is gone: what it committed is still dispatched, then every stream ends.</summary>
    internal void Lose(CloseReason reason)
    {
        // No more than a full ring: a peer that lives (we are stopping) or two bindings of our own could go on for ever.
        Poll(_inbound.CapacityBytes / FrameLayout.Header);
        _isLost = true;
        _overflow.Clear();
        ForgetSources();
        LoseBudgets();
        for (int round = 0; StreamCount > 0 && round < LoseRoundsMax; round++)
        {
            // Handlers that are told may open streams once more (a retry): those are told in the next round.
            foreach (StreamPort port in Ports.ToArray())
            {
                Guard(port, reason, static (port, reason) => port.OnLinkLost(reason));
            }
        }

        _overflow.Trim();
    }

    /// <summary>Ends the streams that a binding opened or took, at both of their ends.</summary>
    internal void EndStreamsOf(long bindingId, CloseReason reason)
    {
        StreamPort[] ports = [.. _opened.Values.Where(port => port.OriginId == bindingId), .. _accepted.Values.Where(port => port.RoutedId == bindingId)];
        foreach (StreamPort port in ports)
        {
            Guard(port, reason, static (port, reason) => port.Close(reason));
        }
    }

    /// <summary>Calls into a stream's handler from outside of its frames; a fault costs the stream only.</summary>
    internal void Guard<T>(StreamPort port, T argument, Action<StreamPort, T> call)
    {
        try
        {
            call(port, argument);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Engine.OnHandlerFault(port, exception);
        }
    }

    /// <summary>The leak rule (config-core §2.4): a frame that nobody takes gives its share of a budget back.</summary>
    internal void Drop(in FrameHeader header)
    {
        if (header.Type is FrameType.Data or FrameType.End or FrameType.Flush)
        {
            Engine.Budgets.GiveBack(header.Int64(FrameLayout.BudgetId), header.Int32(FrameLayout.Reserved));
        }
    }

    internal FrameHeader Synthetic(FrameType type, CloseReason reason)
    {
        var record = new RecordWriter(_synthetic);
        record.Int32(FrameLayout.Type, (int)type);
        record.Int32(FrameLayout.Detail, (int)reason);
        return new FrameHeader(_synthetic.AsSpan(0, FrameLayout.Header));
    }

    internal FrameHeader SyntheticWindow(StreamPort port, long budgetId)
    {
        var record = new RecordWriter(_synthetic);
        record.Int32(FrameLayout.Type, (int)FrameType.Window);
        record.Int64(FrameLayout.Acknowledge, port.OutAcknowledge);
        record.Int32(FrameLayout.Maximum, port.OutMaximum);
        record.Int64(FrameLayout.BudgetId, budgetId);
        record.Int32(FrameLayout.WindowPadding, port.PaddingBytes);
        record.Int32(FrameLayout.WindowMinimum, port.MinimumBytes);
        record.Int32(FrameLayout.WindowCapabilities, port.Capabilities);
        return new FrameHeader(_synthetic);
    }

    internal void Remove(StreamPort port, StreamHandler handler)
    {
        if ((port.IsOpener ? _opened : _accepted).Remove(port))
        {
            Engine.Counters.StreamsClosed++;
            port.ReleaseCredit();
            Engine.Memory.Give(MemoryUser.Streams, StreamPort.Bytes);
            try
            {
                handler.OnClosed();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                Engine.OnBindingFault(port.RoutedId, exception); // The stream is over: there is nothing left to close.
            }
        }
    }
}
