using System.Net;
using System.Text;

namespace Sluice.Edge.Tests.Http;

/// <summary>tcp, http and echo together, over real sockets: what a client of HTTP/1.1 sees.</summary>
public sealed class HttpEchoTests
{
    [Fact]
    public async Task Echo_answers_200_with_the_requests_own_headers_and_body()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("POST /x?y=1 HTTP/1.1\r\nHost: localhost\r\nX-Mine: 7\r\nTE: trailers\r\nContent-Length: 5\r\n\r\nhello");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head);
        Assert.Equal("hello", body);
        Assert.Equal("7", RawClient.HeaderOf(head, "x-mine"));
        Assert.Equal("trailers", RawClient.HeaderOf(head, "te"));
        Assert.Equal("5", RawClient.HeaderOf(head, "content-length"));
        Assert.NotNull(RawClient.HeaderOf(head, "date"));
        Assert.Null(RawClient.HeaderOf(head, "host"));
        Assert.Null(RawClient.HeaderOf(head, "server"));
        Assert.DoesNotContain("\r\n:", head);
    }

    [Fact]
    public async Task The_stock_sockets_serve_http_too()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho, isEpoll: false);
        using var http = new HttpClient();
        Assert.Equal("hello", await PostAsync(http, edge, "hello"));
    }

    [Fact]
    public async Task Pipelined_requests_are_answered_in_order()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        var requests = new StringBuilder();
        for (int i = 0; i < 200; i++)
        {
            string body = new((char)('a' + (i % 26)), i);
            requests.Append($"POST /{i} HTTP/1.1\r\nHost: h\r\nX-Number: {i}\r\nContent-Length: {i}\r\n\r\n{body}");
        }

        Task sending = client.SendAsync(requests.ToString());
        for (int i = 0; i < 200; i++)
        {
            (string head, string body) = await client.ReadResponseAsync();
            Assert.Equal($"{i}", RawClient.HeaderOf(head, "x-number"));
            Assert.Equal(i, body.Length);
        }

        await sending;
    }

    [Fact]
    public async Task A_chunked_body_comes_back_chunked_and_its_trailers_are_dropped()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        await client.SendAsync("4\r\ndefg\r\n0\r\nX-Trailer: 1\r\n\r\n");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.Equal("chunked", RawClient.HeaderOf(head, "transfer-encoding"));
        Assert.Equal("abcdefg", body);
        await client.SendAsync("GET /next HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", (await client.ReadResponseAsync()).Head);
    }

    [Fact]
    public async Task Head_has_no_body()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET /second HTTP/1.1\r\nHost: h\r\nX-Second: 2\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", (await client.ReadResponseAsync(hasBody: false)).Head);
        Assert.Equal("2", RawClient.HeaderOf((await client.ReadResponseAsync()).Head, "x-second"));
    }

    [Fact]
    public async Task Connection_close_is_answered_and_then_closed()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        (string text, bool isReset) = await client.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 200", text);
        Assert.Equal("close", RawClient.HeaderOf(text, "connection"));
        Assert.False(isReset);
    }

    [Fact]
    public async Task A_client_that_finishes_after_its_request_still_gets_the_answer()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        client.Finish();
        (string text, bool isReset) = await client.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 200", text);
        Assert.False(isReset);
    }

    [Fact]
    public async Task A_body_that_comes_after_the_answer_has_begun_is_returned()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n");
        await client.ReadUntilAsync("\r\n\r\n");
        await client.SendAsync("la");
        Assert.Equal("la"u8.ToArray(), await client.ReadAsync(2));
        await client.SendAsync("te");
        Assert.Equal("te"u8.ToArray(), await client.ReadAsync(2));
    }

    [Fact]
    public async Task A_client_that_expects_100_is_told_to_continue()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 100 Continue", await client.ReadUntilAsync("\r\n\r\n"));
        await client.SendAsync("ok");
        Assert.Equal("ok", (await client.ReadResponseAsync()).Body);
    }

    [Theory]
    [InlineData("BREW / HTTP/1.1\r\nHost: h\r\n\r\n", 501)]
    [InlineData("get / HTTP/1.1\r\nHost: h\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.0\r\n\r\n", 400)]
    [InlineData("GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505)]
    [InlineData("GET / HTTP/1.1\r\nHost h\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400)]
    [InlineData("GET / HTTP/1.1\r\nHost: h\r\nOrigin: http://elsewhere\r\n\r\n", 403)]
    public async Task A_bad_request_gets_its_status_and_harms_nobody_else(string request, int status)
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using RawClient other = await RawClient.ConnectAsync(edge.Address);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync(request);
        (string text, _) = await client.ReadToEndAsync();
        Assert.StartsWith($"HTTP/1.1 {status} ", text);
        Assert.Equal("close", RawClient.HeaderOf(text, "connection"));
        await other.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", (await other.ReadResponseAsync()).Head);
    }

    [Theory]
    [InlineData(15_000, 0, 200)]
    [InlineData(17_000, 0, 414)]
    [InlineData(0, 15_000, 200)]
    [InlineData(0, 30_000, 200)]
    [InlineData(0, 40_000, 431)]
    public async Task Start_line_and_headers_have_their_limits(int pathBytes, int headerBytes, int status)
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync($"GET /{new string('p', pathBytes)} HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Long: {new string('x', headerBytes)}\r\n\r\n");
        Assert.StartsWith($"HTTP/1.1 {status} ", (await client.ReadToEndAsync()).Text);
    }

    [Fact]
    public async Task The_sites_own_origin_passes()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nOrigin: http://h\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", (await client.ReadResponseAsync()).Head);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64 * 1024)]
    [InlineData(8 * 1024 * 1024)]
    public async Task Bodies_of_any_size_come_back_intact(int bytes)
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        byte[] sent = new byte[bytes];
        new Random(bytes).NextBytes(sent);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        Task sending = Task.Run(async () =>
        {
            await client.SendAsync($"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: {bytes}\r\n\r\n");
            await client.SendAsync(sent);
            await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
            for (int at = 0; at < bytes; at += 10_000)
            {
                int count = Math.Min(10_000, bytes - at);
                await client.SendAsync($"{count:x}\r\n");
                await client.SendAsync(sent.AsMemory(at, count));
                await client.SendAsync("\r\n");
            }

            await client.SendAsync("0\r\n\r\n");
        });
        foreach (string framing in (string[])["content-length", "transfer-encoding"])
        {
            (string head, string body) = await client.ReadResponseAsync();
            Assert.True(bytes == 0 || RawClient.HeaderOf(head, framing) is not null, framing);
            Assert.Equal(bytes, body.Length);
            Assert.True(sent.AsSpan().SequenceEqual(Encoding.Latin1.GetBytes(body)), framing);
        }

        await sending;
    }

    [Fact]
    public async Task Two_hundred_clients_at_once_lose_nothing()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 200 });
        await Task.WhenAll(Enumerable.Range(0, 200).Select(async client =>
        {
            for (int i = 0; i < 10; i++)
            {
                string body = $"client {client}, request {i}";
                Assert.Equal(body, await PostAsync(http, edge, body));
            }
        })).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Requests_in_pieces_of_one_byte_are_understood()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        foreach (char piece in "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
        {
            await client.SendAsync(piece.ToString());
        }

        Assert.Equal("abc", (await client.ReadResponseAsync()).Body);
    }

    [Fact]
    public async Task Noise_is_closed_and_harms_nobody()
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpEcho);
        for (int seed = 0; seed < 50; seed++)
        {
            byte[] noise = new byte[1 + (seed * 37)];
            new Random(seed).NextBytes(noise);
            using RawClient client = await RawClient.ConnectAsync(edge.Address);
            await client.SendAsync(noise);
            client.Finish();
            await client.ReadToEndAsync();
        }

        using var http = new HttpClient();
        Assert.Equal("fine", await PostAsync(http, edge, "fine"));
    }

    private static async Task<string> PostAsync(HttpClient http, TestEdge edge, string body)
    {
        using var content = new StringContent(body);
        using HttpResponseMessage response = await http.PostAsync(edge.Url, content);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }
}
