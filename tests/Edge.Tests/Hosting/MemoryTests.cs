using System.Net;
using Sluice.Frames;
using Sluice.Frames.Memory;
using Sluice.Frames.Testing;
using Sluice.Frames.Tracing;

namespace Sluice.Edge.Tests.Hosting;

/// <summary>Promise P3: memory stays within the stated budget; beyond it new work is refused with 503, who is in finishes, probes answer.</summary>
public sealed class MemoryTests : IDisposable
{
    private const int ClientsMax = 500;

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-edge-").FullName;
    private readonly IPEndPoint _address = new(IPAddress.Loopback, EdgeProcess.FreePort());
    private readonly HttpClient _admin = new() { BaseAddress = new Uri($"http://127.0.0.1:{EdgeProcess.FreePort()}") };

    public void Dispose()
    {
        _admin.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_service_over_its_budget_refuses_new_requests_serves_the_old_ones_and_recovers()
    {
        await using EdgeProcess edge = Start(budgetMb: 16, engines: 1);
        await edge.ListensAsync();
        List<RawClient> stuck = [];
        string answer;
        do
        {
            RawClient client = await RawClient.ConnectAsync(_address);
            await client.SendAsync("POST /stuck HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345");
            answer = await client.ReadUntilAsync("\r\n\r\n");
            stuck.Add(client);
        }
        while (answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) && stuck.Count < ClientsMax);

        Assert.StartsWith("HTTP/1.1 503", answer, StringComparison.Ordinal);
        Assert.Equal("1", RawClient.HeaderOf(answer, "retry-after"));
        Assert.Equal("close", RawClient.HeaderOf(answer, "connection"));
        Assert.InRange(stuck.Count, 20, 100); // Some 210 KiB each of 10 MiB.
        Assert.True(await IsHealthyAsync("/health"));
        Assert.True(await IsHealthyAsync("/alive"));
        Assert.True(Overloaded() >= 1);
        await Eventually.TrueAsync(() => Said(edge, "90 % of the budget of 16 MB was reached (credit") == 1, "the line in the log");

        foreach (RawClient client in stuck.SkipLast(1))
        {
            await client.SendAsync("67890");
            Assert.Equal("1234567890", System.Text.Encoding.Latin1.GetString(await client.ReadAsync(10)));
        }

        stuck.ForEach(client => client.Dispose());
        await Eventually.TrueAsync(() => Said(edge, "new work is let in") == 1, "the line in the log");
        for (int i = 0; i < 20; i++)
        {
            using RawClient client = await RawClient.ConnectAsync(_address);
            await client.SendAsync("POST /again HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n12345");
            Assert.Equal("12345", (await client.ReadResponseAsync()).Body);
        }

        edge.Terminate();
        Assert.Equal(0, await edge.ExitCodeAsync());
        Assert.Equal(0, Said(edge, "not given back"));
        Assert.Equal(1, Said(edge, "of the budget of 16 MB was reached"));
    }

    [Fact]
    public async Task Slow_readers_fill_the_budget_and_no_more_and_then_even_connections_are_closed()
    {
        const long Budget = 24 << 20;
        var app = new TestApp { WhenBegun = stream => stream.Port.SendBegin(TestApp.Head("content-type: x")), WhenWindow = Fill };
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create, engines: 1, memoryBytes: Budget);
        using var clients = new Clients(); // Gone before the service is, whatever fails: or that hides what did.
        while (edge.Engines.Memory.State == MemoryState.Free && clients.Count < ClientsMax)
        {
            RawClient slow = await RawClient.ConnectAsync(edge.Address, receiveBufferBytes: 4096);
            await slow.SendAsync("GET /all HTTP/1.1\r\nHost: localhost\r\n\r\n");
            clients.Add(slow);
            await slow.ReadUntilAsync("\r\n\r\n");
        }

        Assert.InRange(clients.Count, 40, 200);
        int served = clients.Count;
        while (edge.Engines.Memory.State != MemoryState.Full && clients.Count < ClientsMax)
        {
            clients.Add(await RawClient.ConnectAsync(edge.Address));
            await clients[^1].SendAsync("GET /more HTTP/1.1\r\nHost: localhost\r\n\r\n");
            (string text, bool isReset) = (await clients[^1].ReadToEndAsync());
            Assert.True(isReset || text.StartsWith("HTTP/1.1 503", StringComparison.Ordinal) || text.Length == 0, text);
            clients.Add(await RawClient.ConnectAsync(edge.Address)); // One that asks for nothing holds its place.
        }

        using RawClient late = await RawClient.ConnectAsync(edge.Address);
        Assert.Equal("", (await late.ReadToEndAsync()).Text);
        Assert.InRange(edge.Engines.Memory.UsedBytes, Budget / 100 * 90, Budget / 100 * 105); // Full until below 90 %: those refused give back what they had.

        string body = System.Text.Encoding.Latin1.GetString(await clients[0].ReadAsync(300_000));
        Assert.True(body.Length == 300_000, "who is in is served on");
        clients.Dispose();
        await Eventually.TrueAsync(() => edge.Engines.Memory.State == MemoryState.Free, "room again");
        using var http = new HttpClient { BaseAddress = edge.Url };
        using HttpResponseMessage response = await http.GetAsync(new Uri("/again", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    public async Task A_budget_that_cannot_be_is_a_mistake_of_the_configuration()
    {
        await using EdgeProcess edge = Start(budgetMb: 5, engines: 2);
        await Eventually.TrueAsync(() => Said(edge, "SLUICE_MEMORY_BUDGET_MB is '5'; with 2 engines it must be a whole number of megabytes from 16 to") == 1, "the line");
        Assert.Equal(2, await edge.ExitCodeAsync());
    }

    private sealed class Clients : List<RawClient>, IDisposable
    {
        public void Dispose() => ForEach(client => client.Dispose());
    }

    private static void Fill(TestApp.AppStream stream)
    {
        while (stream.Port.SendableBytes > 0)
        {
            Assert.True(stream.Port.TrySendData(new byte[Math.Min(stream.Port.SendableBytes, 8192)]));
        }
    }

    private EdgeProcess Start(int budgetMb, int engines) => EdgeProcess.Start(
        _directory,
        _address.Port,
        yaml: TestEdge.HttpEcho.Replace("port: 1 ", $"port: {_address.Port} ", StringComparison.Ordinal),
        environment: [("SLUICE_MEMORY_BUDGET_MB", $"{budgetMb}"), ("SLUICE_EDGE_ENGINES", $"{engines}"), ("ASPNETCORE_URLS", $"{_admin.BaseAddress}")]);

    private async Task<bool> IsHealthyAsync(string path)
    {
        using HttpResponseMessage response = await _admin.GetAsync(new Uri(path, UriKind.Relative));
        return response.IsSuccessStatusCode;
    }

    private long Overloaded()
    {
        using CounterReader reader = CounterReader.TryOpen(Directory.GetFiles(_directory, "*.counters").Single(), out _)!;
        return reader.Engine(0, EngineCounter.StreamsOverloaded);
    }

    private static int Said(EdgeProcess edge, string part) => edge.Output.Split('\n').Count(line => line.Contains(part, StringComparison.Ordinal));
}
