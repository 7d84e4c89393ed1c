using Grpc.Core;
using Grpc.Net.Client;
using Sluice.Frames.Grpc.Wire;

namespace Sluice.Frames.Grpc;

/// <summary>Keeps this process joined to every instance of one room that has an address: calls, and calls again after a loss.</summary>
internal sealed class GrpcLinkConnector : IAsyncDisposable
{
    /// <summary>Name of the HTTP client for greetings: with service discovery and the standard resilience.</summary>
    public const string GreetingClient = "sluice-link-greetings";

    /// <summary>Name of the HTTP client for the calls themselves, which last and cannot be repeated.</summary>
    public const string CallClient = "sluice-link-calls";

    private const int RetryMsMin = 50;
    private const int RetryMsMax = 5000;   // A room that was away for long is back within this time.
    private const int LookMs = 5000;       // New instances appear rarely.
    private const int HandShakeMsMax = 5000;

    private readonly EngineGroup _group;
    private readonly string _room;
    private readonly LinkAddresses _addresses;
    private readonly IHttpMessageHandlerFactory _handlers;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _lost = new(0);
    private readonly Dictionary<Uri, Task> _links = [];
    private readonly Task _loop;
    private string? _lastProblem;

    public GrpcLinkConnector(EngineGroup group, string room, LinkAddresses addresses, IHttpMessageHandlerFactory handlers)
    {
        _group = group;
        _room = room;
        _addresses = addresses;
        _handlers = handlers;
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
        int retryMs = RetryMsMin;
        while (!_stop.IsCancellationRequested)
        {
            foreach (Uri address in _links.Where(link => link.Value.IsCompleted).Select(link => link.Key).ToArray())
            {
                _links.Remove(address);
            }

            // An instance on this host is reached through shared memory, which is quicker; forced, gRPC takes them all.
            if (_group.Links == LinkChoice.Grpc || !_group.IsOnThisHost(_room))
            {
                await ConnectAllAsync().ConfigureAwait(false);
            }

            retryMs = _links.Count > 0 ? RetryMsMin : Math.Min(RetryMsMax, retryMs * 2);
            try
            {
                await _lost.WaitAsync(_links.Count > 0 ? LookMs : retryMs, _stop.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task ConnectAllAsync()
    {
        try
        {
            foreach (Uri address in await _addresses.FindAsync(_stop.Token).ConfigureAwait(false))
            {
                if (!_links.ContainsKey(address) && await ConnectAsync(address).ConfigureAwait(false) is { } link)
                {
                    _links[address] = link;
                }
            }
        }
        catch (Exception exception) when (exception is InvalidOperationException or OperationCanceledException or IOException)
        {
            Report($"no address of {_room} was found: {exception.Message}");
        }
    }

    // Returns the running link, or null when none could be made.
    private async Task<Task?> ConnectAsync(Uri address)
    {
        GrpcChannel? channel = null;
        var calls = new List<(AsyncDuplexStreamingCall<Batch, Batch> Call, int Engine, int PeerEngine)>();
        var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        try
        {
            Hello peer = await GreetAsync(address).ConfigureAwait(false);
            channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = _handlers.CreateHandler(CallClient), DisposeHttpClient = false });
            var client = new Wire.Links.LinksClient(channel);
            string link = Guid.NewGuid().ToString("N");
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(over.Token);
            deadline.CancelAfter(HandShakeMsMax);
            for (int c = 0; c < _group.Engines.Count; c++)
            {
                for (int a = 0; a < peer.Engines; a++)
                {
                    AsyncDuplexStreamingCall<Batch, Batch> call = client.Join(cancellationToken: over.Token);
                    calls.Add((call, c, a));
                    await JoinAsync(call, new Pair { Hello = GrpcLinks.HelloOf(_group), ConnectorEngine = c, ListenerEngine = a, Link = link }, address, deadline.Token).ConfigureAwait(false);
                }
            }

            _lastProblem = null;
            return RunAsync(channel, calls, peer, over);
        }
        catch (Exception exception) when (exception is RpcException or IOException or OperationCanceledException or HttpRequestException or InvalidOperationException)
        {
            await over.CancelAsync().ConfigureAwait(false);
            calls.ForEach(call => call.Call.Dispose());
            channel?.Dispose();
            over.Dispose();

            if (LinkProblem.Describe(exception, address) is { } problem)
            {
                Report(problem);
            }

            return null;
        }
    }

    private async Task<Hello> GreetAsync(Uri address)
    {
        using GrpcChannel channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = _handlers.CreateHandler(GreetingClient), DisposeHttpClient = false });
        Welcome welcome = await new Wire.Links.LinksClient(channel)
            .GreetAsync(GrpcLinks.HelloOf(_group), deadline: DateTime.UtcNow.AddMilliseconds(HandShakeMsMax), cancellationToken: _stop.Token).ConfigureAwait(false);
        return welcome.Refusal.Length > 0 ? throw new IOException($"the peer at {address} refused: this process {welcome.Refusal}")
            : GrpcLinks.Objection(welcome.Hello) is { } objection ? throw new IOException($"the peer at {address} {objection}")
            : welcome.Hello;
    }

    private static async Task JoinAsync(AsyncDuplexStreamingCall<Batch, Batch> call, Pair pair, Uri address, CancellationToken deadline)
    {
        await call.RequestStream.WriteAsync(new Batch { Pair = pair }, deadline).ConfigureAwait(false);
        if (!await call.ResponseStream.MoveNext(deadline).ConfigureAwait(false) || call.ResponseStream.Current.Pair is not { } answer)
        {
            throw new IOException($"the peer at {address} ended the hand-shake");
        }

        if (answer.Refusal.Length > 0)
        {
            throw new IOException($"the peer at {address} refused: this process {answer.Refusal}");
        }
    }

    private async Task RunAsync(GrpcChannel channel, List<(AsyncDuplexStreamingCall<Batch, Batch> Call, int Engine, int PeerEngine)> calls, Hello peer, CancellationTokenSource over)
    {
        Task<string?>[] pipes = [.. calls.Select(call =>
            new LinkPipe(_group.Engines[call.Engine], peer, call.PeerEngine, _group.Options.RingBytes).RunAsync(call.Call.ResponseStream, call.Call.RequestStream, over.Token))];

        _group.OnLinkUp(peer.Room, peer.ProcessId); // After the ends were posted: whoever hears it can use them.

        // One call lost is the peer lost: all ends of the link go together.
        string? problem = await (await Task.WhenAny(pipes).ConfigureAwait(false)).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(pipes).ConfigureAwait(false);
        calls.ForEach(call => call.Call.Dispose());
        channel.Dispose();
        over.Dispose();
        _group.OnLinkDown(peer.Room, peer.ProcessId, isOurs: _stop.IsCancellationRequested);
        if (!_stop.IsCancellationRequested)
        {
            if (problem is not null)
            {
                Report(problem);
            }

            _lost.Release();
        }
    }

    private void Report(string problem)
    {
        if (!_stop.IsCancellationRequested && _lastProblem != problem)
        {
            _lastProblem = problem; // Said once, not at every try.
            _group.Options.Observer.OnLinkRefused(_room, problem);
        }
    }
}
