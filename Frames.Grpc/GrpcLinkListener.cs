using Grpc.Core;
using Sluice.Frames.Grpc.Wire;

namespace Sluice.Frames.Grpc;

/// <summary>The accepting side of links: greets, and runs a pipe for each call.</summary>
internal sealed class GrpcLinkListener : IAsyncDisposable
{
    private const int DrainMsMax = 4000; // Kestrel waits for open calls when it stops; streams under way get this long to end before.
    private const int DrainLookMs = 20;
    private const int FirstMessageMsMax = 5000;

    private readonly EngineGroup _group;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationTokenRegistration _hostStop;
    private readonly Dictionary<string, int> _calls = [];
    private readonly List<Task> _running = [];

    public GrpcLinkListener(EngineGroup group, CancellationToken hostStopping)
    {
        _group = group;
        _hostStop = hostStopping.Register(() => _ = DrainAsync());
    }

    public Welcome Greet(Hello hello)
    {
        string? objection = GrpcLinks.Objection(hello);
        if (objection is not null)
        {
            _group.Options.Observer.OnLinkRefused(hello.Room, $"the peer {hello.Room} (pid {hello.ProcessId}) {objection}");
        }

        return new Welcome { Hello = GrpcLinks.HelloOf(_group), Refusal = objection ?? "" };
    }

    /// <summary>Says why somebody was not let in.</summary>
    public void Refuse(string reason) => _group.Options.Observer.OnLinkRefused("unknown", reason);

    public async Task JoinAsync(IAsyncStreamReader<Batch> reader, IServerStreamWriter<Batch> writer, CancellationToken aborted)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_running)
        {
            _running.RemoveAll(task => task.IsCompleted);
            _running.Add(done.Task);
        }

        try
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, aborted);
            await RunAsync(reader, writer, over.Token).ConfigureAwait(false);
        }
        finally
        {
            done.SetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _hostStop.DisposeAsync().ConfigureAwait(false);
        Task[] running;
        lock (_running)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running).ConfigureAwait(false);
    }

    private async Task RunAsync(IAsyncStreamReader<Batch> reader, IServerStreamWriter<Batch> writer, CancellationToken over)
    {
        if (!await reader.MoveNext(over).WaitAsync(TimeSpan.FromMilliseconds(FirstMessageMsMax), over).ConfigureAwait(false))
        {
            return;
        }

        Pair? pair = reader.Current.Pair;
        string? objection = pair is null ? "sends no hello" : GrpcLinks.Objection(pair.Hello)
            ?? ((uint)pair.ListenerEngine >= (uint)_group.Engines.Count ? $"asks for engine {pair.ListenerEngine} of {_group.Engines.Count}" : null);
        await writer.WriteAsync(new Batch { Pair = new Pair { Hello = GrpcLinks.HelloOf(_group), Refusal = objection ?? "" } }, over).ConfigureAwait(false);
        if (objection is not null)
        {
            _group.Options.Observer.OnLinkRefused(pair?.Hello?.Room ?? "unknown", $"the peer {objection}");
            return;
        }

        var pipe = new LinkPipe(_group.Engines[pair!.ListenerEngine], pair.Hello, pair.ConnectorEngine, _group.Options.RingBytes);
        Task<string?> running = pipe.RunAsync(reader, writer, over);
        Count(pair, 1);
        string? problem = await running.ConfigureAwait(false);
        Count(pair, -1);
        if (problem is not null)
        {
            _group.Options.Observer.OnLinkRefused(pair.Hello.Room, problem);
        }
    }

    // One link is many calls: up with the first, down with the last.
    private void Count(Pair pair, int change)
    {
        bool isEdge;
        lock (_calls)
        {
            int count = _calls.GetValueOrDefault(pair.Link) + change;
            isEdge = count == 0 || (count == 1 && change == 1);
            _calls[pair.Link] = count;
            if (count == 0)
            {
                _calls.Remove(pair.Link);
            }
        }

        if (isEdge && change > 0)
        {
            _group.OnLinkUp(pair.Hello.Room, pair.Hello.ProcessId);
        }
        else if (isEdge)
        {
            _group.OnLinkDown(pair.Hello.Room, pair.Hello.ProcessId, isOurs: _stop.IsCancellationRequested);
        }
    }

    private async Task DrainAsync()
    {
        long deadline = Environment.TickCount64 + DrainMsMax;
        while (_group.StreamCount > 0 && Environment.TickCount64 < deadline)
        {
            await Task.Delay(DrainLookMs).ConfigureAwait(false);
        }

        await _stop.CancelAsync().ConfigureAwait(false);
    }
}

/// <summary>The face that ASP.NET Core calls.</summary>
internal sealed class LinksService(GrpcLinks links) : Wire.Links.LinksBase
{
    public override Task<Welcome> Greet(Hello request, ServerCallContext context) => Task.FromResult(links.Listener(context).Greet(request));

    public override async Task Join(IAsyncStreamReader<Batch> requestStream, IServerStreamWriter<Batch> responseStream, ServerCallContext context)
    {
        try
        {
            await links.Listener(context).JoinAsync(requestStream, responseStream, context.CancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or TimeoutException or InvalidOperationException)
        {
            // The caller left during the hand-shake; a running pipe reports its end itself.
        }
    }
}
