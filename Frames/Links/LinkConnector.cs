using System.Net.Sockets;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Links;

/// <summary>Keeps this process joined to every live instance of one room: looks into the run directory, connects, and again after a loss.</summary>
internal sealed class LinkConnector : IAsyncDisposable
{
    private const int HandShakeMsMax = 5000;
    private const int LookMsWithout = 50;   // Nothing works without a link: look often.
    private const int LookMsWith = 1000;    // Only a new instance could be missed.

    private readonly EngineGroup _group;
    private readonly string _room;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _lost = new(0);
    private readonly Dictionary<string, Task> _links = [];
    private readonly Task _loop;
    private string? _lastProblem;

    public LinkConnector(EngineGroup group, string room)
    {
        _group = group;
        _room = room;
        _loop = Task.Run(LookAsync);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        await Task.WhenAll(_links.Values).ConfigureAwait(false);
        _stop.Dispose();
        _lost.Dispose();
    }

    private async Task LookAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            foreach ((string path, Task link) in _links.ToArray())
            {
                if (link.IsCompleted)
                {
                    _links.Remove(path);
                }
            }

            foreach (string path in Directory.Exists(_group.Options.RunDirectory) ? Directory.GetFiles(_group.Options.RunDirectory!, $"{_room}-*.sock") : [])
            {
                if (!_links.ContainsKey(path) && await ConnectAsync(path).ConfigureAwait(false) is { } link)
                {
                    _links[path] = RunAsync(link);
                }
            }

            try
            {
                await _lost.WaitAsync(_links.Count == 0 ? LookMsWithout : LookMsWith, _stop.Token).ConfigureAwait(false);
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
            _lost.Release();
        }
    }

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
            if (peer.Objection() is { } objection)
            {
                throw new IOException($"the peer at {path} {objection}");
            }

            int ringBytes = _group.Options.RingBytes;
            file = MappedFile.Create(RingFiles.NewPath(_group.Options.RunDirectory!), SharedMemoryLink.FileBytes(_group.Engines.Count, peer.Engines, ringBytes));
            link = SharedMemoryLink.Join(socket, file, peer, _group.Engines, isConnector: true, ringBytes);
            LinkHello hello = _group.Hello();
            hello.Rings = file.Path;
            hello.RingBytes = ringBytes;
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
        catch (Exception exception) when (exception is IOException or SocketException or OperationCanceledException or UnauthorizedAccessException)
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
