using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Sluice.Frames.Grpc.Wire;
using Sluice.Frames.Testing;

namespace Sluice.Frames.Grpc.Tests;

/// <summary>design.md §4, gRPC: the same streams over a real HTTP/2 endpoint.</summary>
public sealed class GrpcLinkTests : IAsyncDisposable
{
    private const long Origin = 1;
    private const long Echo = 2;

    private readonly List<LinkHost> _hosts = [];

    public async ValueTask DisposeAsync()
    {
        foreach (LinkHost host in Enumerable.Reverse(_hosts))
        {
            await host.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    public async Task Streams_cross_and_come_back(int frontEngines, int backEngines)
    {
        LinkHost back = await Back(backEngines);
        LinkHost front = await Front(frontEngines, back.Address);
        await LinkHost.Until(() => front.Group.HasLinkTo("back"));
        await LinkHost.Until(() => back.Group.HasLinkTo("front"));
        string[] answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => EchoOnce(front.Group.Next(), $"message {i}"))).WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"message {i}"), answers);
        await LinkHost.Until(() => front.Group.StreamCount + back.Group.StreamCount == 0);
        Assert.True(back.Group.Engines.All(engine => engine.Counters.StreamsAccepted > 0), "every engine over there has had its part");
    }

    [Fact]
    public async Task A_large_body_crosses_intact()
    {
        LinkHost back = await Back(1);
        LinkHost front = await Front(1, back.Address);
        await LinkHost.Until(() => front.Group.HasLinkTo("back"));
        byte[] content = new byte[8 << 20];
        Random.Shared.NextBytes(content);
        var done = new TaskCompletionSource<byte[]>();
        front.Engine.Post(() => front.Engine.Open(new Pump(content, done), Origin, Echo));
        byte[] received = await done.Task.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(content.AsSpan().SequenceEqual(received));
    }

    [Fact]
    public async Task When_the_peer_goes_its_streams_end_and_it_is_found_again()
    {
        LinkHost back = await Back(1);
        int port = new Uri(back.Address).Port;
        LinkHost front = await Front(1, back.Address);
        await LinkHost.Until(() => front.Group.HasLinkTo("back"));
        var client = new ScriptedStream();
        front.Engine.Post(() => front.Engine.Open(client, Origin, Echo));
        await LinkHost.Until(() => client.Log.Contains("BEGIN"));

        _hosts.Remove(back);
        await back.DisposeAsync();
        await LinkHost.Until(() => client.Log.Contains("CLOSED"));
        Assert.Contains(client.Log, line => line is "ABORT PeerLost" or "ABORT Shutdown");
        await LinkHost.Until(() => !front.Group.HasLinkTo("back"));

        await Back(2, port);
        await LinkHost.Until(() => front.Group.HasLinkTo("back"), () => string.Join('\n', front.Refused.Messages));
        Assert.Equal("again", await EchoOnce(front.Engine, "again").WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_closed_window_stops_the_sender()
    {
        const int Window = 64 * 1024;
        var sink = new ScriptedBinding(_ => new ScriptedStream { WindowBytes = Window, AcknowledgesAtOnce = false, WhenBegin = stream => stream.Port.SendBegin() });
        LinkHost back = await Back(1, binding: sink);
        LinkHost front = await Front(1, back.Address);
        await LinkHost.Until(() => front.Group.HasLinkTo("back"));
        var pump = new Pump(new byte[1 << 20], new TaskCompletionSource<byte[]>());
        front.Engine.Post(() => front.Engine.Open(pump, Origin, Echo));
        await LinkHost.Until(() => sink.Streams.Count == 1 && sink.Streams[0].Pending == Window);
        Assert.Equal(Window, pump.Sent);
        back.Engine.Post(sink.Streams[0].AcknowledgeAll);
        await LinkHost.Until(() => sink.Streams[0].Pending == Window && pump.Sent == 2 * Window);
    }

    [Fact]
    public async Task Streams_share_a_budget_that_the_other_side_owns()
    {
        const int Pieces = 30;
        Budget? budget = null;
        var sinks = new ScriptedBinding(_ => new ScriptedStream { AcknowledgesAtOnce = false, BudgetId = budget!.Id, WhenBegin = stream => stream.Port.SendBegin() });
        LinkHost back = await Back(1, binding: sinks);
        back.Engine.Post(() =>
        {
            budget = back.Engine.Budgets.Acquire();
            budget.Credit(10_500);
        });
        LinkHost front = await Front(1, back.Address);
        await LinkHost.Until(() => front.Group.HasLinkTo("back"));
        var senders = new[] { new ScriptedStream(), new ScriptedStream() };
        front.Engine.Post(() =>
        {
            foreach (ScriptedStream sender in senders)
            {
                front.Engine.Open(sender, Origin, Echo);
                for (int piece = 0; piece < Pieces; piece++)
                {
                    sender.SendWhenCredited(sender => sender.Port.TrySendData(new byte[1000]));
                }
            }
        });
        await LinkHost.Until(() => sinks.Streams.Sum(sink => sink.Pending) == 10_000 && budget!.AvailableBytes == 500); // Half a piece is of no use to anyone, so it is back.
        back.Engine.Post(() => budget!.Credit(90_000));
        await LinkHost.Until(() => sinks.Streams.Sum(sink => sink.Pending) == 2 * Pieces * 1000 && budget!.AvailableBytes == 40_500);
        front.Engine.Post(() => Array.ForEach(senders, sender => sender.Port.Close(CloseReason.Cancelled)));
        await LinkHost.Until(() => back.Group.StreamCount == 0);
        back.Engine.Post(budget!.Dispose);
    }

    [Fact]
    public async Task Another_version_is_refused_with_the_sentence()
    {
        LinkHost back = await Back(1);
        using GrpcChannel channel = GrpcChannel.ForAddress(back.Address);
        Welcome welcome = await new Wire.Links.LinksClient(channel).GreetAsync(new Hello { Version = 99, Room = "front", Engines = 1 });
        Assert.Equal("speaks link protocol 99, this process speaks 1: run the same release everywhere", welcome.Refusal);
        Assert.Contains(back.Refused.Messages, message => message.Contains("speaks link protocol 99", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Bytes_that_are_no_frames_end_the_call_and_nothing_else()
    {
        LinkHost back = await Back(1);
        using GrpcChannel channel = GrpcChannel.ForAddress(back.Address);
        foreach (byte[] garbage in (byte[][])[new byte[64], [.. Enumerable.Repeat((byte)255, 200)], [88, 0, 0, 0, .. new byte[84]]])
        {
            using AsyncDuplexStreamingCall<Batch, Batch> call = new Wire.Links.LinksClient(channel).Join();
            await call.RequestStream.WriteAsync(new Batch { Pair = new Pair { Hello = new Hello { Version = 1, Room = "front", Engines = 1 }, Link = "x" } });
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            await call.RequestStream.WriteAsync(new Batch { Frames = ByteString.CopyFrom(garbage) });
            Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10)));
        }

        Assert.Equal(3, back.Refused.Messages.Count(message => message.Contains("no frame", StringComparison.Ordinal)));
        LinkHost front = await Front(1, back.Address);
        await LinkHost.Until(() => front.Group.HasLinkTo("back"));
        Assert.Equal("fine", await EchoOnce(front.Engine, "fine"));
    }

    [Fact]
    public async Task All_instances_that_discovery_knows_are_used()
    {
        LinkHost[] backs = [await Back(1), await Back(1), await Back(1)];
        LinkHost front = await LinkHost.StartAsync("front", engine => engine.Place(Echo, "back"), 1, "back", [.. backs.Select(back => back.Address)]);
        _hosts.Add(front);
        await LinkHost.Until(() => front.Group.LinkCount("back") == backs.Length);
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => EchoOnce(front.Engine, $"{i}")));
        Assert.All(backs, back => Assert.Equal(10, back.Engine.Counters.StreamsAccepted));
    }

    [Fact]
    public async Task A_peer_that_falls_silent_is_given_up_after_five_seconds_and_its_streams_end()
    {
        var streams = new ScriptedBinding(_ => new ScriptedStream { WhenBegin = stream => stream.Port.SendBegin() });
        LinkHost back = await Back(1, binding: streams);
        using GrpcChannel channel = GrpcChannel.ForAddress(back.Address);
        using AsyncDuplexStreamingCall<Batch, Batch> call = new Wire.Links.LinksClient(channel).Join();
        await call.RequestStream.WriteAsync(new Batch { Pair = new Pair { Hello = new Hello { Version = 1, Room = "front", Engines = 1 }, Link = "x" } });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        await LinkHost.Until(() => back.Group.HasLinkTo("front"));
        long since = Stopwatch.GetTimestamp();
        await LinkHost.Until(() => !back.Group.HasLinkTo("front"));
        Assert.InRange(Stopwatch.GetElapsedTime(since).TotalMilliseconds, 4000, 10_000); // Five seconds, on a busy machine.
        Assert.Equal("the peer said nothing for 5 s", Assert.Single(back.Refused.Messages));
    }

    [Fact]
    public async Task A_peer_that_is_away_is_called_ever_more_seldom()
    {
        using var gone = new TcpListener(IPAddress.Loopback, 0);
        gone.Start();
        double pauseMsMax = 0;
        Task counting = Task.Run(async () =>
        {
            for (long last = 0; ; last = Stopwatch.GetTimestamp())
            {
                using Socket caller = await gone.AcceptSocketAsync();
                pauseMsMax = last == 0 ? 0 : Math.Max(pauseMsMax, Stopwatch.GetElapsedTime(last).TotalMilliseconds);
                caller.Close(0); // As a balancer does that has nobody behind it.
            }
        });
        await Front(1, $"http://127.0.0.1:{((IPEndPoint)gone.LocalEndpoint).Port}");
        await LinkHost.Until(() => pauseMsMax > 1000, () => $"the longest pause was {pauseMsMax} ms"); // The first is of 50 ms.
        gone.Stop();
        await Assert.ThrowsAnyAsync<Exception>(() => counting);
    }

    [Fact]
    public void An_unknown_choice_is_refused_with_the_words_there_are() =>
        Assert.Contains("auto, shm or grpc", Assert.Throws<ArgumentException>(() => LinkChoices.Parse("carrier pigeon")).Message, StringComparison.Ordinal);

    private static Task<string> EchoOnce(FrameEngine engine, string text)
    {
        var done = new TaskCompletionSource<byte[]>();
        engine.Post(() => engine.Open(new Pump(System.Text.Encoding.UTF8.GetBytes(text), done), Origin, Echo));
        return done.Task.ContinueWith(task => System.Text.Encoding.UTF8.GetString(task.Result), TaskScheduler.Default);
    }

    private async Task<LinkHost> Back(int engines, int port = 0, IBinding? binding = null)
    {
        LinkHost host = await LinkHost.StartAsync("back", engine => engine.Attach(Echo, binding ?? new EchoBinding()), engines, port: port);
        _hosts.Add(host);
        return host;
    }

    private async Task<LinkHost> Front(int engines, string address)
    {
        LinkHost host = await LinkHost.StartAsync("front", engine => engine.Place(Echo, "back"), engines, "back", [address]);
        _hosts.Add(host);
        return host;
    }
}
