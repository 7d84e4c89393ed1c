using System.Net.Sockets;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Links;

/// <summary>Keeps this process joined to every live instance of one room: looks into the run directory, connects, and again after a loss.</summary>
internal sealed class LinkConnector : IAsyncDisposable
{
    private const int HandShakeMsMax = 5000;
    private const int RetryMsMin = 20;      // A socket is there and does not answer yet, or is left of a dead process.
    private const int RetryMsMax = 1000;
    private const int LookMs = 30_000;      // The watch tells of every new socket; this is for file systems that cannot.

    private readonly EngineGroup _group;
    private readonly string _room;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _news = new(0); // A new socket in the run directory, or a link that is over.
    private readonly FileSystemWatcher? _watch;
    private readonly Dictionary<string, Task> _links = [];
    private readonly Task _loop;
    private long _lastEpoch;
    private string? _lastProblem;

    public LinkConnector(EngineGroup group, string room)
    {
        _group = group;
        _room = room;
        _watch = TryWatch();
        _loop = Task.Run(LookAsync);
    }

    public async ValueTask DisposeAsync()
    {
        _watch?.Dispose();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        await Task.WhenAll(_links.Values).ConfigureAwait(false);
        _stop.Dispose();
        _news.Dispose();
    }

    private async Task LookAsync()
    {
        int retryMs = RetryMsMin;
        while (!_stop.IsCancellationRequested)
        {
            bool hasSilent = false;
            foreach ((string path, Task link) in _links.ToArray())
            {
                if (link.IsCompleted)
                {
                    _links.Remove(path);
                }
            }

            foreach (string path in Directory.Exists(_group.Options.RunDirectory) ? Directory.GetFiles(_group.Options.RunDirectory!, $"{_room}-*.sock") : [])
            {
                if (!_links.ContainsKey(path))
                {
                    SharedMemoryLink? link = await ConnectAsync(path).ConfigureAwait(false);
                    hasSilent |= link is null;
                    if (link is not null)
                    {
                        _links[path] = RunAsync(link);
                    }
                }
            }

            try
            {
                bool isNews = await _news.WaitAsync(hasSilent ? retryMs : _watch is null ? RetryMsMax : LookMs, _stop.Token).ConfigureAwait(false);
                retryMs = isNews || !hasSilent ? RetryMsMin : Math.Min(RetryMsMax, retryMs * 2);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task RunAsync(SharedMemoryLink link)
    {
        await _group.RunLinkAsync(link, _stop.Token).ConfigureAwait(false);
        if (!_stop.IsCancellationRequested)
        {
            _news.Release();
        }
    }

    // Null where the kernel has no watches left, or none at all: then the loop looks every second.
    private FileSystemWatcher? TryWatch()
    {
        try
        {
            var watch = new FileSystemWatcher(_group.Options.RunDirectory!, $"{_room}-*.sock") { NotifyFilter = NotifyFilters.FileName };
            watch.Created += (_, _) => Tell();
            watch.Error += (_, _) => Tell();
            watch.EnableRaisingEvents = true;
            return watch;
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or PlatformNotSupportedException)
        {
            return null;
        }
    }

    private void Tell()
    {
        try
        {
            _news.Release();
        }
        catch (ObjectDisposedException)
        {
            // The group is stopping.
        }
    }

    // By the clock, so that it grows from one process of this instance to the next; one more at least.
    private long NextEpoch() => _lastEpoch = Math.Max(_lastEpoch + 1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());

    private async Task<SharedMemoryLink?> ConnectAsync(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        MappedFile? file = null;
        SharedMemoryLink? link = null;
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            deadline.CancelAfter(HandShakeMsMax);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), deadline.Token).ConfigureAwait(false);
            LinkHello peer = await LinkHello.ReceiveAsync(socket, deadline.Token).ConfigureAwait(false);
            if (peer.Objection(_group.Options.RunDirectory!) is { } objection)
            {
                throw new IOException($"the peer at {path} {objection}");
            }

            int ringBytes = _group.Options.RingBytes;
            file = MappedFile.Create(RingFiles.NewPath(_group.Options.RunDirectory!), SharedMemoryLink.FileBytes(_group.Engines.Count, peer.Engines, ringBytes));
            link = SharedMemoryLink.Join(socket, file, peer, _group.Engines, isConnector: true, ringBytes, NextEpoch(), _group.Maps);
            LinkHello hello = _group.Hello();
            hello.Rings = file.Path;
            hello.RingBytes = ringBytes;
            hello.Epoch = _lastEpoch;
            await hello.SendAsync(socket, deadline.Token).ConfigureAwait(false);
            LinkHello answer = await LinkHello.ReceiveAsync(socket, deadline.Token).ConfigureAwait(false);
            if (!answer.IsReady)
            {
                throw new IOException($"the peer at {path} refused: {answer.Refusal ?? "no reason given"}");
            }

            file.Unlink(); // Both have it mapped; without a name no crash can leave it behind.
            _lastProblem = null;
            return link;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException) // Whatever a peer may say: we look again.
        {
            file?.Unlink();
            file?.Dispose();
            link?.Abandon();
            socket.Dispose();
            bool isNotUpYet = exception is SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable };
            if (!_stop.IsCancellationRequested && !isNotUpYet && _lastProblem != exception.Message)
            {
                _lastProblem = exception.Message; // Said once, not at every try.
                _group.Options.Observer.OnLinkRefused(_room, exception.Message);
            }

            return null;
        }
    }
}
