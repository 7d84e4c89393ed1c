using System.Net;
using Sluice.Frames.Testing;

namespace Sluice.Edge.Tests.Http;

/// <summary>config-core §3.3, version choice: HTTP/2 by prior knowledge on clear text.</summary>
public sealed class Http2Tests
{
    [Fact]
    public async Task Many_requests_share_one_connection()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using HttpClient http = Client();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            using var content = new StringContent($"body {i}");
            using HttpResponseMessage response = await http.PostAsync(edge.Url, content);
            Assert.Equal(HttpVersion.Version20, response.Version);
            Assert.Equal($"body {i}", await response.Content.ReadAsStringAsync());
        })).WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public async Task Eight_megabytes_come_back_intact()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using HttpClient http = Client();
        byte[] sent = new byte[8 * 1024 * 1024];
        new Random(2).NextBytes(sent);
        using HttpResponseMessage response = await http.PostAsync(edge.Url, new DuplexContent(sent)).WaitAsync(TimeSpan.FromSeconds(30));
        byte[] received = await response.Content.ReadAsByteArrayAsync();
        Assert.True(sent.AsSpan().SequenceEqual(received));
    }

    [Fact]
    public async Task Pseudo_headers_are_the_same_as_over_http_1()
    {
        var app = new TestApp { WhenEnded = stream => stream.Respond("", ":status: 204") };
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create);
        using HttpClient http = Client();
        using HttpResponseMessage response = await http.GetAsync(new Uri(edge.Url, "a/b?c=d"));
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.True(app.Requests.TryDequeue(out string[]? request));
        Assert.Equal([":scheme: http", ":method: GET", ":path: /a/b?c=d", $":authority: {edge.Address}"], request);
    }

    [Fact]
    public async Task A_reset_stream_is_told_to_the_app_and_the_connection_goes_on()
    {
        var app = new TestApp { WhenEnded = stream => { if (stream.Value(":path") == "/quick") { stream.Respond("", ":status: 204"); } } };
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create);
        using HttpClient http = Client();
        using var cancel = new CancellationTokenSource();
        Task<HttpResponseMessage> slow = http.GetAsync(new Uri(edge.Url, "slow"), cancel.Token);
        await Eventually.TrueAsync(() => app.Log.Contains("END"), "the app has the request");
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => slow);
        await Eventually.TrueAsync(() => app.Log.Contains("RESET Cancelled"), "the app hears that nobody waits");
        Assert.Equal(HttpStatusCode.NoContent, (await http.GetAsync(new Uri(edge.Url, "quick"))).StatusCode);
    }

    [Fact]
    public async Task A_refusal_is_404_on_a_connection_that_goes_on()
    {
        var app = new TestApp { WhenOpened = _ => false };
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create);
        using HttpClient http = Client();
        for (int i = 0; i < 3; i++)
        {
            using HttpResponseMessage response = await http.GetAsync(edge.Url);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
            Assert.Equal(0, response.Content.Headers.ContentLength);
        }
    }

    [Fact]
    public async Task Without_h2_among_the_versions_the_preface_is_closed_without_a_word()
    {
        await using TestEdge edge = await TestEdge.StartAsync(Versions("http/1.1"));
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
    }

    [Fact]
    public async Task With_h2_alone_a_request_of_http_1_is_closed_without_a_word()
    {
        await using TestEdge edge = await TestEdge.StartAsync(Versions("h2"));
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
        using HttpClient http = Client();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(edge.Url)).StatusCode);
    }

    private static string Versions(string versions) => TestEdge.HttpEcho.Replace(
        "kind: server, exit: echo", $"kind: server, options: {{ versions: [ {versions} ] }}, exit: echo", StringComparison.Ordinal);

    private static HttpClient Client() => new()
    {
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    // HttpClient reads a response while it sends the request for content of our own only.
    private sealed class DuplexContent(byte[] bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(bytes).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = bytes.Length;
            return true;
        }
    }
}
