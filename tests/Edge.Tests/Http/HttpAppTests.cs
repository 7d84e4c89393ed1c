using System.Text;
using Sluice.Frames;
using Sluice.Frames.Testing;
using AppStream = Sluice.Edge.Tests.TestApp.AppStream;

namespace Sluice.Edge.Tests.Http;

/// <summary>The http server and an app that does as the test says: refusals, ends, credit (config-core §3.3 "Ends", stream contract 1).</summary>
public sealed class HttpAppTests
{
    private const string OtherPath = "/other";
    private const string Get = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

    [Fact]
    public async Task The_app_sees_the_request_and_the_client_the_response()
    {
        var app = new TestApp
        {
            WhenEnded = stream => stream.Respond(
                $"got {Encoding.Latin1.GetString(stream.Body.ToArray())}", ":status: 201", "content-type: text/plain", "set-cookie: a=1", "set-cookie: b=2"),
        };
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("PUT /x HTTP/1.1\r\nHost: h\r\nX-A: 1\r\nX-A: 2\r\nContent-Length: 3\r\n\r\nabc");
        (string head, string body) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 201 Created\r\n", head);
        Assert.Equal("text/plain", RawClient.HeaderOf(head, "content-type"));
        Assert.Contains("a=1\r\n", head);
        Assert.Contains("b=2\r\n", head);
        Assert.Equal("got abc", body);
        Assert.True(app.Requests.TryDequeue(out string[]? request));
        Assert.Equal([":scheme: http", ":method: PUT", ":path: /x", ":authority: h:80"], request[..4]);
        Assert.Equal(["content-length: 3", "x-a: 1, 2"], request[4..].Order());
    }

    [Fact]
    public async Task No_route_is_404_with_length_0_and_the_connection_stays()
    {
        string yaml = TestEdge.HttpApp.Replace("exit: app", "routes: [ { when: [ { headers: { ':path': /only } } ], exit: app } ]", StringComparison.Ordinal);
        var app = new TestApp { WhenEnded = stream => stream.Respond("", ":status: 204") };
        await using TestEdge edge = await TestEdge.StartAsync(yaml, app.Create);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("POST /other HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
        (string head, _) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 404 ", head);
        Assert.Equal("0", RawClient.HeaderOf(head, "content-length"));
        Assert.Null(RawClient.HeaderOf(head, "connection"));
        await client.SendAsync("GET /only HTTP/1.1\r\nHost: h\r\n\r\n");
        (head, _) = await client.ReadResponseAsync(hasBody: false);
        Assert.StartsWith("HTTP/1.1 204 ", head);
        Assert.Null(RawClient.HeaderOf(head, "content-length"));
    }

    [Theory]
    [InlineData(CloseReason.Refused, "404", null)]
    [InlineData(CloseReason.Shutdown, "503", "0")]
    [InlineData(CloseReason.Failed, "500", null)]
    public async Task A_reset_before_the_response_is_a_status_and_the_connection_stays(CloseReason reason, string status, string? retryAfter)
    {
        var app = new TestApp { WhenEnded = stream => stream.Port.SendReset(reason) };
        await ExpectAsync(app, status, retryAfter);
    }

    [Fact]
    public async Task A_reset_at_the_very_beginning_is_a_status_too() =>
        await ExpectAsync(new TestApp { WindowBytes = 0, WhenBegun = stream => stream.Port.SendReset(CloseReason.PeerLost) }, "503", "0");

    [Fact]
    public async Task An_abort_before_the_response_is_a_status_too() =>
        await ExpectAsync(new TestApp { WhenEnded = stream => stream.Port.SendAbort(CloseReason.PeerLost) }, "503", "0");

    [Fact]
    public async Task An_exit_that_nobody_runs_is_503() => await ExpectAsync(null, "503", "0");

    [Fact]
    public async Task A_response_without_a_head_is_500() => await ExpectAsync(
        new TestApp { WhenEnded = stream => { stream.Port.SendBegin(); stream.Port.SendEnd(); } }, "500", null);

    [Theory]
    [InlineData(":status: 99")]
    [InlineData(":status: abc")]
    [InlineData("x-bad: a\nb")]
    [InlineData("bad name: a")]
    public async Task A_head_that_http_cannot_carry_is_500(string header) =>
        await ExpectAsync(new TestApp { WhenEnded = stream => stream.Respond("x", header) }, "500", null);

    [Fact]
    public async Task A_refusals_own_headers_are_the_answer()
    {
        var app = new TestApp { WhenEnded = stream => stream.Port.SendReset(CloseReason.Refused, TestApp.Head(":status: 413", "x-why: too large")) };
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync(Get);
        (string head, _) = await client.ReadResponseAsync();
        Assert.StartsWith("HTTP/1.1 413 ", head);
        Assert.Equal("too large", RawClient.HeaderOf(head, "x-why"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_response_given_up_midway_never_looks_complete(bool isAbort)
    {
        var app = new TestApp
        {
            WhenEnded = stream =>
            {
                stream.Port.SendBegin(TestApp.Head(":status: 200"));
                stream.Port.TrySendData("part"u8);
                stream.Port.Engine.Schedule(
                    100,
                    _ =>
                    {
                        if (isAbort)
                        {
                            stream.Port.SendAbort(CloseReason.Failed);
                        }
                        else
                        {
                            stream.Port.SendReset(CloseReason.Failed);
                            stream.Port.SendAbort(CloseReason.Failed);
                        }
                    });
            },
        };
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync(Get);
        (string text, bool isReset) = await client.ReadToEndAsync();
        Assert.True(isReset);
        Assert.DoesNotContain("\r\n0\r\n\r\n", text);
    }

    [Fact]
    public async Task More_or_less_than_the_stated_length_never_looks_complete()
    {
        foreach (string body in (string[])["toolong", "x"])
        {
            var app = new TestApp { WhenEnded = stream => stream.Respond(body, ":status: 200", "content-length: 3") };
            await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create);
            using RawClient client = await RawClient.ConnectAsync(edge.Address);
            await client.SendAsync(Get);
            (string text, bool isReset) = await client.ReadToEndAsync();
            Assert.True(isReset || text.StartsWith("HTTP/1.1 500", StringComparison.Ordinal) || text.Split("\r\n\r\n")[1].Length < 3, text);
        }
    }

    [Fact]
    public async Task A_client_that_leaves_is_told_to_the_app()
    {
        var app = new TestApp();
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create);
        using (RawClient client = await RawClient.ConnectAsync(edge.Address))
        {
            await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
            await Eventually.TrueAsync(() => !app.Requests.IsEmpty, "the app has the request");
        }

        await Eventually.TrueAsync(() => app.Log.Contains("ABORT Cancelled"), "the request is incomplete");
        await Eventually.TrueAsync(() => app.Log.Contains("CLOSED"), "nothing is left of it");
    }

    [Fact]
    public async Task A_broken_chunk_is_400_and_an_abort_to_the_app()
    {
        var app = new TestApp();
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
        Assert.StartsWith("HTTP/1.1 400 ", (await client.ReadToEndAsync()).Text);
        await Eventually.TrueAsync(() => app.Log.Contains("ABORT Cancelled"), "the request is incomplete");
    }

    [Fact]
    public async Task A_client_that_resets_while_it_waits_is_told_to_the_app()
    {
        var app = new TestApp();
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync(Get);
        await Eventually.TrueAsync(() => app.Log.Contains("END"), "the app has the request");
        client.Socket.LingerState = new System.Net.Sockets.LingerOption(true, 0);
        client.Socket.Close();
        await Eventually.TrueAsync(() => app.Log.Contains("RESET Cancelled"), "nobody waits for the answer");
    }

    [Fact]
    public async Task A_client_that_finished_and_waits_in_vain_is_given_up()
    {
        var app = new TestApp();
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync(Get);
        client.Finish();
        await Eventually.TrueAsync(() => app.Log.Contains("RESET Cancelled"), "the abandoned request ends");
    }

    [Fact]
    public async Task A_body_waits_for_the_apps_credit_and_so_does_100_continue()
    {
        AppStream? stream = null;
        var app = new TestApp { WindowBytes = 0, WhenBegun = begun => stream = begun, WhenEnded = ended => ended.Respond("", ":status: 204") };
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create, engines: 1);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
        await Eventually.TrueAsync(() => stream is not null, "the app has the request");
        AppStream waiting = stream!;
        await ServeAnotherAsync(edge);
        Assert.Equal(0, client.Socket.Available); // The engine has served another request since: it would have come before that answer.
        waiting.Port.Engine.Post(() => waiting.Port.SendWindow(1000));
        Assert.StartsWith("HTTP/1.1 100", await client.ReadUntilAsync("\r\n\r\n"));
        await client.SendAsync("ok");
        Assert.StartsWith("HTTP/1.1 204", (await client.ReadResponseAsync(hasBody: false)).Head);
    }

    [Fact]
    public async Task An_app_that_reads_nothing_stops_the_client_at_a_bounded_amount()
    {
        var app = new TestApp { Acknowledges = false, WindowBytes = 64 * 1024, WhenEnded = stream => stream.Respond("", ":status: 204") };
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create, engines: 1);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        client.Socket.SendBufferSize = 16 * 1024;
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n");
        await Eventually.StandsStillAsync(client.SendWhatFits, () => ServeAnotherAsync(edge), max: 32_000_000);
        client.Socket.LingerState = new System.Net.Sockets.LingerOption(true, 0);
        client.Socket.Close();
    }

    [Fact]
    public async Task A_client_that_reads_slowly_slows_the_app()
    {
        AppStream? slow = null;
        var app = new TestApp
        {
            WhenEnded = stream =>
            {
                if (stream.Value(":path") == OtherPath)
                {
                    stream.Respond("", ":status: 204");
                    return;
                }

                slow = stream;
                stream.Port.SendBegin(TestApp.Head(":status: 200"));
                Fill(stream);
            },
            WhenWindow = stream =>
            {
                if (stream == slow)
                {
                    Fill(stream);
                }
            },
        };
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create, engines: 1);
        using RawClient client = await RawClient.ConnectAsync(edge.Address, receiveBufferBytes: 8 * 1024);
        await client.SendAsync(Get);
        await client.ReadUntilAsync("\r\n\r\n");
        await Eventually.TrueAsync(() => app.Log.Contains("SENT"), "the app sends");
        await Eventually.StandsStillAsync(() => slow!.Sent, () => ServeAnotherAsync(edge), max: 10_000); // KiB that nobody reads

        static void Fill(AppStream stream)
        {
            byte[] block = new byte[1024];
            while (stream.Port.TrySendData(block))
            {
                stream.Sent++;
                stream.Note("SENT");
            }
        }
    }

    [Fact]
    public async Task An_early_answer_reaches_the_client_while_it_still_sends()
    {
        var app = new TestApp { WhenBegun = stream => stream.Respond("early", ":status: 200", "content-length: 5") };
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc");
        Assert.Equal("early", (await client.ReadResponseAsync()).Body);
        await client.SendAsync("def");
        await Eventually.TrueAsync(() => app.Log.Contains("END"), "the app gets the rest");
        await client.SendAsync(Get);
        Assert.Equal("early", (await client.ReadResponseAsync()).Body);
    }

    [Fact]
    public async Task A_head_alone_reaches_the_client_at_once()
    {
        var app = new TestApp { WhenEnded = stream => stream.Port.SendBegin(TestApp.Head(":status: 200", "content-type: text/event-stream")) };
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync(Get);
        Assert.Contains("text/event-stream", await client.ReadUntilAsync("\r\n\r\n"));
    }

    [Fact]
    public async Task Overrides_of_binding_and_route_reach_the_app()
    {
        const string Yaml = """
            name: test
            bindings:
              net: { type: tcp, kind: server, options: { host: 127.0.0.1, port: 1 }, exit: web }
              web:
                type: http
                kind: server
                options: { overrides: { ":authority": "inner:8080" } }
                routes:
                  - when: [ { headers: { ":path": "/v1/{rest}" } } ]
                    with: { headers: { overrides: { ":path": "/internal/${params.rest}", x-new: "1" } } }
                    exit: app
            """;
        var app = new TestApp { WhenEnded = stream => stream.Respond("", ":status: 204") };
        await using TestEdge edge = await TestEdge.StartAsync(Yaml, app.Create);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("GET /v1/a/b HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 204", (await client.ReadResponseAsync(hasBody: false)).Head);
        Assert.True(app.Requests.TryDequeue(out string[]? request));
        Assert.Equal([":scheme: http", ":method: GET", ":path: /internal/a/b", ":authority: inner:8080", "x-new: 1"], request);
    }

    [Fact]
    public async Task Stopping_lets_requests_under_way_end_and_idle_connections_go()
    {
        AppStream? slow = null;
        var app = new TestApp { WhenEnded = stream => slow = stream };
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app.Create);
        using RawClient busy = await RawClient.ConnectAsync(edge.Address);
        await busy.SendAsync(Get);
        await Eventually.TrueAsync(() => slow is not null, "the app has the request");
        using var deadline = new CancellationTokenSource(5000);
        Task stopping = edge.StopAsync(deadline.Token);
        FrameEngine engine = slow!.Port.Engine;
        engine.Post(() => engine.Schedule(200, _ => slow.Respond("done", ":status: 200", "content-length: 4")));
        Assert.EndsWith("done", (await busy.ReadToEndAsync()).Text);
        await stopping;
        Assert.False(deadline.IsCancellationRequested);
    }

    // On the same engine, as these tests have one only: what the other stream could do by itself it has done before the answer comes.
    private static async Task ServeAnotherAsync(TestEdge edge)
    {
        using RawClient other = await RawClient.ConnectAsync(edge.Address);
        await other.SendAsync($"GET {OtherPath} HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 204", (await other.ReadResponseAsync(hasBody: false)).Head);
    }

    private static async Task ExpectAsync(TestApp? app, string status, string? retryAfter)
    {
        await using TestEdge edge = await TestEdge.StartAsync(TestEdge.HttpApp, app is null ? null : app.Create);
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        for (int i = 0; i < 2; i++)
        {
            await client.SendAsync(Get);
            (string head, _) = await client.ReadResponseAsync();
            Assert.StartsWith($"HTTP/1.1 {status} ", head);
            Assert.Equal("0", RawClient.HeaderOf(head, "content-length"));
            Assert.Equal(retryAfter, RawClient.HeaderOf(head, "retry-after"));
        }
    }
}
