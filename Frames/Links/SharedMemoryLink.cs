using System.Net.Sockets;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Links;

/// <summary>Two processes joined: for each pair of engines two rings in one mapped file, and a socket whose closing is the death notice.</summary>
/// <remarks>
/// The file loses its name as soon as both sides have mapped it, so no crash can leave one behind. Ring 2·(c·A + a) carries frames
/// from the connector's engine c to the listener's engine a, the next one those that go back.
/// </remarks>
internal sealed class SharedMemoryLink
{
    private readonly Socket _socket;
    private readonly MappedFile _file;
    private readonly FifoDoorbell?[] _bells;
    private readonly List<LinkEnd> _ends = [];
    private readonly int _ringBytes;
    private readonly long _epoch;
    private int _endsLeft;
    private int _isClosing;

    private SharedMemoryLink(Socket socket, MappedFile file, FifoDoorbell?[] bells, LinkHello peer, int ringBytes, long epoch)
    {
        _socket = socket;
        _file = file;
        _bells = bells;
        Peer = peer;
        _ringBytes = ringBytes;
        _epoch = epoch;
    }

    public LinkHello Peer { get; }

    /// <summary>Called once, when the link is over and its memory still there.</summary>
    public event Action? Ending;

    /// <summary>Tells a visitor where the rings are: the file has no name any more, but a number in this process.</summary>
    public LinkDescription Describe() => new()
    {
        Room = Peer.Room,
        Instance = Peer.Instance,
        ProcessId = Peer.ProcessId,
        Engines = Peer.Engines,
        Rings = $"/proc/{Environment.ProcessId}/fd/{_file.Descriptor}",
        RingBytes = _ringBytes,
        Epoch = _epoch,
    };

    public static long FileBytes(int connectorEngines, int listenerEngines, int ringBytes) => 2L * connectorEngines * listenerEngines * Stride(ringBytes);

    /// <summary>Joins the engines once the hand-shake is through.</summary>
    /// <exception cref="IOException">The file does not hold what the hand-shake said, or a bell is gone.</exception>
    public static SharedMemoryLink Join(Socket socket, MappedFile file, LinkHello peer, IReadOnlyList<FrameEngine> engines, bool isConnector, int ringBytes, long epoch, SourceMaps? maps)
    {
        int connectors = isConnector ? engines.Count : peer.Engines;
        int listeners = isConnector ? peer.Engines : engines.Count;
        if (file.Bytes < FileBytes(connectors, listeners, ringBytes))
        {
            throw new IOException("the ring file is smaller than announced");
        }

        var link = new SharedMemoryLink(socket, file, new FifoDoorbell[peer.Engines], peer, ringBytes, epoch);
        try
        {
            link.Join(engines, connectors, listeners, isConnector, maps);
            return link;
        }
        catch
        {
            link.CloseBells();
            throw;
        }
    }

    private unsafe void Join(IReadOnlyList<FrameEngine> engines, int connectors, int listeners, bool isConnector, SourceMaps? maps)
    {
        for (int i = 0; i < _bells.Length; i++)
        {
            _bells[i] = FifoDoorbell.TryOpen(Peer.Bells[i]) ?? throw new IOException($"the peer's doorbell {Peer.Bells[i]} is gone");
        }

        for (int c = 0; c < connectors; c++)
        {
            for (int a = 0; a < listeners; a++)
            {
                byte* pair = _file.Start + (2L * ((c * listeners) + a) * Stride(_ringBytes));
                FrameRing forth = Ring(pair, isConnector);
                FrameRing back = Ring(pair + Stride(_ringBytes), isConnector);
                FrameEngine engine = engines[isConnector ? c : a];
                FifoDoorbell bell = _bells[isConnector ? a : c]!;
                var other = new LinkPeer(Peer.Key, isConnector ? a : c, IsNear: true);
                _ends.Add(new LinkEnd(engine, Peer.Room, isConnector ? forth : back, isConnector ? back : forth, bell.Ring, other) { Maps = maps });
            }
        }

        _endsLeft = _ends.Count;
    }

    /// <summary>Lets go of a link that never ran: the peer left in the middle of the hand-shake.</summary>
    public void Abandon()
    {
        Close();
        Free();
    }

    /// <summary>Puts the ends to work and watches the socket until the peer is gone; then ends every stream and frees the memory.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        foreach (LinkEnd end in _ends)
        {
            end.Engine.Post(() => end.Engine.AddEnd(end, () => Close()));
        }

        CloseReason reason = CloseReason.PeerLost;
        byte[] buffer = new byte[1];
        try
        {
            await _socket.ReceiveAsync(buffer, stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            reason = CloseReason.Shutdown;
        }
        catch (SocketException)
        {
            // As good as a close.
        }
        catch (ObjectDisposedException)
        {
            reason = CloseReason.ProtocolViolation;
        }

        Close();
        Ending?.Invoke();
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        foreach (LinkEnd end in _ends)
        {
            end.Engine.Post(() =>
            {
                end.Engine.LoseEnd(end, reason);
                if (Interlocked.Decrement(ref _endsLeft) == 0)
                {
                    done.SetResult();
                }
            });
        }

        await done.Task.ConfigureAwait(false);
        Free();
    }

    private void Free()
    {
        _file.Dispose();
        CloseBells();
    }

    private void CloseBells()
    {
        foreach (FifoDoorbell? bell in _bells)
        {
            bell?.Dispose();
        }
    }

    private void Close()
    {
        if (Interlocked.Exchange(ref _isClosing, 1) == 0)
        {
            _socket.Dispose();
        }
    }

    private unsafe FrameRing Ring(byte* memory, bool isCreator)
    {
        if (isCreator)
        {
            return FrameRing.Create(memory, _ringBytes, _epoch);
        }

        FrameRing ring = FrameRing.TryOpen(memory, Stride(_ringBytes)) ?? throw new IOException("the ring file holds no ring of this version");
        return ring.Epoch == _epoch ? ring : throw new IOException($"the ring file is of epoch {ring.Epoch}, the hand-shake of {_epoch}: it is left of another link");
    }

    // Whole pages, so that rings of different engine pairs never share one.
    internal static int Stride(int ringBytes) => (FrameRing.SizeOf(ringBytes) + 4095) & ~4095;
}
