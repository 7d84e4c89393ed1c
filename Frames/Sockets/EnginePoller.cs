using System.Buffers.Binary;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Sockets;

/// <summary>What a descriptor became ready for.</summary>
[Flags]
public enum Readiness
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>There is something to read, or the peer has finished.</summary>
    Readable = 1,

    /// <summary>There is room to write.</summary>
    Writable = 2,

    /// <summary>The peer is gone or the socket failed: reading or writing tells how.</summary>
    Failed = 4,

    /// <summary>The peer has finished: after what is there, reading finds the end, and no further readiness will tell.</summary>
    Finished = 8,
}

/// <summary>Hears when its descriptor became ready; called on the engine's thread.</summary>
public interface IPollHandler
{
    /// <summary>Readiness changed. It is told once: go on until the socket says "would block".</summary>
    void OnReady(Readiness readiness);
}

/// <summary>One engine's epoll: its sockets and its doorbell in one wait. Linux; edge triggered, so a socket is registered once for life.</summary>
/// <remarks>Engine thread only.</remarks>
public sealed class EnginePoller : IDisposable
{
    private const int EventsPerPollMax = 256;
    private const long BellData = -1;

    // Edge triggered, each ring is told once, read or not: a wake-up then costs no read. But a full fifo (64 KiB, a byte a ring) would
    // not ring any more, so it is emptied now and then; whoever rings does so once for each sleep, 1,000 of them at most.
    // Kernels from 5.5 to 5.13 told only the first ring of a fifo that was not empty.
    private static readonly int BellsPerDrain = Environment.OSVersion.Version >= new Version(5, 14) ? 32 : 1;

    private readonly byte[] _events = new byte[EventsPerPollMax * 16];
    private readonly Doorbell _bell;
    private int _epoll;
    private readonly Stack<int> _free = [];
    private (IPollHandler? Handler, int Generation)[] _slots = new (IPollHandler?, int)[64];
    private int _used;
    private int _count;
    private int _bells;

    private EnginePoller(int epoll, Doorbell bell)
    {
        _epoll = epoll;
        _bell = bell;
    }

    /// <summary>Descriptors registered.</summary>
    public int Count => _used - _free.Count;

    /// <summary>Makes a poller that also wakes for this bell.</summary>
    /// <returns>Null where there is no epoll, or the bell has no descriptor.</returns>
    public static EnginePoller? TryCreate(Doorbell bell)
    {
        if (!OperatingSystem.IsLinux() || bell.Descriptor < 0)
        {
            return null;
        }

        int epoll = Unix.EpollCreate();
        if (epoll < 0)
        {
            return null;
        }

        if (Unix.EpollControl(epoll, Unix.EpollAdd, bell.Descriptor, Unix.EpollIn | Unix.EpollEdge, BellData) != 0)
        {
            Unix.Close(epoll);
            return null;
        }

        return new EnginePoller(epoll, bell);
    }

    /// <summary>Watches a descriptor until <see cref="Remove"/>.</summary>
    /// <returns>A ticket for <see cref="Remove"/>; -1 when the kernel refuses.</returns>
    public long Add(int descriptor, IPollHandler handler)
    {
        int slot = _free.Count > 0 ? _free.Pop() : _used++;
        if (slot == _slots.Length)
        {
            Array.Resize(ref _slots, _slots.Length * 2);
        }

        int generation = _slots[slot].Generation + 1;
        _slots[slot] = (handler, generation);
        long ticket = ((long)(generation & 0x7fffffff) << 32) | (uint)slot;
        if (Unix.EpollControl(_epoll, Unix.EpollAdd, descriptor, Unix.EpollIn | Unix.EpollOut | Unix.EpollRdHup | Unix.EpollEdge, ticket) != 0)
        {
            Forget(ticket);
            return -1;
        }

        return ticket;
    }

    /// <summary>Stops watching. Before the descriptor is closed.</summary>
    public void Remove(int descriptor, long ticket)
    {
        _ = Unix.EpollControl(_epoll, Unix.EpollDelete, descriptor, 0, 0);
        Forget(ticket);
    }

    /// <summary>True when <see cref="Wait"/> found something that has not been told yet.</summary>
    public bool HasNews => _count > 0;

    /// <summary>Looks what is ready; <see cref="Tell"/> then tells the handlers.</summary>
    /// <param name="timeoutMs">Longest sleep while there is nothing; 0 only looks.</param>
    public void Wait(int timeoutMs)
    {
        if (_count == 0)
        {
            _count = Math.Max(0, Unix.EpollWait(_epoll, _events, timeoutMs));
        }
    }

    /// <summary>Tells handlers what the last wait found.</summary>
    /// <returns>How many were told.</returns>
    internal int Tell(FrameEngine engine)
    {
        int count = _count;
        int told = 0;
        _count = 0;
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = _events.AsSpan(i * Unix.EpollEventBytes);
            long data = BinaryPrimitives.ReadInt64LittleEndian(entry[Unix.EpollDataOffset..]);
            if (data == BellData)
            {
                if (++_bells >= BellsPerDrain)
                {
                    _bells = 0;
                    _bell.Drain();
                }

                continue;
            }

            // A handler told just before may have closed this one: then its slot is empty, or of another generation.
            (IPollHandler? handler, int generation) = _slots[(int)data];
            if (handler is not null && (generation & 0x7fffffff) == (int)(data >> 32))
            {
                told++;
                engine.Running = handler;
                try
                {
                    handler.OnReady(ToReadiness(BinaryPrimitives.ReadUInt32LittleEndian(entry)));
                }
                catch (Exception exception) when (exception is not OutOfMemoryException)
                {
                    engine.OnBindingFault(0, exception); // A fault of ours: it may cost that socket, never the engine.
                }
            }
        }

        return told;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Async methods may outlive the engine and remove their sockets: the number may be another file's by then.
        int epoll = _epoll;
        _epoll = -1;
        if (epoll >= 0)
        {
            Unix.Close(epoll);
        }
    }

    private static Readiness ToReadiness(uint events)
    {
        Readiness readiness = (events & (Unix.EpollIn | Unix.EpollRdHup)) != 0 ? Readiness.Readable : Readiness.None;
        readiness |= (events & Unix.EpollRdHup) != 0 ? Readiness.Finished : Readiness.None;
        readiness |= (events & Unix.EpollOut) != 0 ? Readiness.Writable : Readiness.None;
        return (events & (Unix.EpollErr | Unix.EpollHup)) != 0 ? readiness | Readiness.Failed | Readiness.Readable | Readiness.Writable : readiness;
    }

    private void Forget(long ticket)
    {
        int slot = (int)ticket;
        if (slot >= 0 && slot < _used && (_slots[slot].Generation & 0x7fffffff) == (int)(ticket >> 32) && _slots[slot].Handler is not null)
        {
            _slots[slot].Handler = null;
            _free.Push(slot);
        }
    }
}
