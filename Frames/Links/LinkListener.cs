using System.Net.Sockets;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Links;

/// <summary>Waits in the run directory for other rooms that want to join, one socket file an instance.</summary>
internal sealed class LinkListener : IAsyncDisposable
{
    private const int HandShakeMsMax = 5000; // A peer that is alive answers at once; a stuck one must not hold a slot for long.
    private const int Backlog = 64;

    private readonly EngineGroup _group;
    private readonly Socket _socket;
    private readonly string _path;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _links = [];
    private readonly List<SharedMemoryLink> _live = [];
    private Task _loop = Task.CompletedTask;

    /// <summary>Takes the instance's name; nobody is answered before <see cref="Start"/>.</summary>
    /// <exception cref="IOException">The instance runs already.</exception>
    public LinkListener(EngineGroup group, string path)
    {
        _group = group;
        _path = path;
        _socket = Bind(path, group);
    }

    /// <summary>Answers from now on, also those that came before.</summary>
    public void Start() => _loop = AcceptAsync();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _socket.Dispose();
        RunFile.Delete(_path);
        await _loop.ConfigureAwait(false);
        Task[] links;
        lock (_links)
        {
            links = [.. _links];
        }

        await Task.WhenAll(links).ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Gives the name back when the start failed; nothing was answered yet.</summary>
    public void Abandon()
    {
        _socket.Dispose();
        File.Delete(_path);
        _stop.Dispose();
    }

    /// <summary>True when a process that lives answers there: a file alone may be left by one that was killed, only a try tells.</summary>
    public static bool IsTaken(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static Socket Bind(string path, EngineGroup group)
    {
        if (IsTaken(path))
        {
            throw new IOException($"{group.Options.Room} instance {group.Instance} already runs in {group.Options.RunDirectory}; stop it or choose another SLUICE_INSTANCE or SLUICE_RUN_DIR");
        }

        File.Delete(path); // Left by a process that was killed.
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        socket.Listen(Backlog);
        return socket;
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            Socket peer;
            try
            {
                peer = await _socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException)
            {
                continue; // That peer left while it was being accepted.
            }

            Task link = ServeAsync(peer);
            lock (_links)
            {
                _links.RemoveAll(task => task.IsCompleted);
                _links.Add(link);
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        SharedMemoryLink? link = null;
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            deadline.CancelAfter(HandShakeMsMax);
            await _group.Hello().SendAsync(socket, deadline.Token).ConfigureAwait(false);
            LinkHello peer = await LinkHello.ReceiveAsync(socket, deadline.Token).ConfigureAwait(false);
            if (peer.IsVisit)
            {
                await AnswerVisitAsync(socket, peer, deadline.Token).ConfigureAwait(false);
                return;
            }

            string? objection = peer.Objection(_group.Options.RunDirectory!) ?? peer.RingObjection(_group.Options.RunDirectory!);
            if (objection is not null)
            {
                await new LinkHello { Version = LinkHello.ProtocolVersion, Refusal = objection }.SendAsync(socket, deadline.Token).ConfigureAwait(false);
                throw new IOException($"the peer {peer.Room} (pid {peer.ProcessId}) {objection}");
            }

            MappedFile file = MappedFile.Open(peer.Rings!);
            try
            {
                link = SharedMemoryLink.Join(socket, file, peer, _group.Engines, isConnector: false, peer.RingBytes, peer.Epoch, _group.Maps);
            }
            catch
            {
                file.Dispose();
                throw;
            }

            await new LinkHello { Version = LinkHello.ProtocolVersion, IsReady = true }.SendAsync(socket, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException) // Whatever a peer may say: its link ends, the listener goes on.
        {
            link?.Abandon(); // The peer left after it was joined: its memory goes now, not when the collector comes by.
            socket.Dispose();
            if (!_stop.IsCancellationRequested && exception is not EndOfStreamException) // Someone looked whether we are here.
            {
                _group.Options.Observer.OnLinkRefused("unknown", exception.Message);
            }

            return;
        }

        lock (_live)
        {
            _live.Add(link);
        }

        // Off the list before its memory goes: a visitor is never sent to a number that means another file by then.
        link.Ending += () =>
        {
            lock (_live)
            {
                _live.Remove(link);
            }
        };
        await _group.RunLinkAsync(link, _stop.Token).ConfigureAwait(false);
    }

    // Who can open the socket is the suite's own user: it and its directory are private.
    private async Task AnswerVisitAsync(Socket socket, LinkHello visitor, CancellationToken cancellation)
    {
        LinkHello answer = new() { Version = LinkHello.ProtocolVersion, Refusal = visitor.VersionObjection() };
        if (answer.Refusal is null)
        {
            lock (_live)
            {
                answer.Links = [.. _live.Select(link => link.Describe())];
            }

            answer.IsReady = true;
        }

        await answer.SendAsync(socket, cancellation).ConfigureAwait(false);
        socket.Dispose();
    }
}
