using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Sluice.Configuration.Expressions;
using Sluice.Configuration.Patterns;
using Sluice.Edge.Http;
using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.Edge.Tests.Http;

/// <summary>The pure parts of the http server (config-core §3.3).</summary>
public sealed class HttpPartsTests
{
    [Theory]
    [InlineData("example.com", "http", "example.com:80")]
    [InlineData("example.com", "https", "example.com:443")]
    [InlineData("example.com:8080", "http", "example.com:8080")]
    [InlineData("[::1]", "http", "[::1]:80")]
    [InlineData("[::1]:81", "http", "[::1]:81")]
    public void An_authority_always_has_a_port(string host, string scheme, string expected) =>
        Assert.Equal(expected, HttpAuthority.WithPort(host, scheme));

    [Theory]
    [InlineData("http://a.example", "a.example:80", true)]
    [InlineData("http://a.example:80", "a.example:80", true)]
    [InlineData("http://a.example:8080", "a.example:8080", true)]
    [InlineData("https://a.example", "a.example:80", false)]
    [InlineData("http://b.example", "a.example:80", false)]
    [InlineData("http://A.example", "a.example:80", false)]
    [InlineData("http://a.example.evil", "a.example:80", false)]
    [InlineData("http://", "a.example:80", false)]
    [InlineData("null", "a.example:80", false)]
    public void Only_the_site_itself_is_of_the_same_origin(string origin, string authority, bool expected) =>
        Assert.Equal(expected, HttpAuthority.IsSameOrigin(origin, "http", authority));

    [Theory]
    [InlineData("/items?x=1", "/items?x=1")]
    [InlineData("http://host/items?x=1", "/items?x=1")]
    [InlineData("http://host", "/")]
    [InlineData("http://host?x", "/?x")]
    [InlineData("*", "*")]
    [InlineData("host:80", "host:80")]
    [InlineData("/a?u=http://b/c", "/a?u=http://b/c")]
    public void The_path_of_each_form_of_target(string target, string expected) => Assert.Equal(expected, HttpTarget.PathOf(target));

    [Theory]
    [InlineData("", "Unknown")]
    [InlineData("P", "Unknown")]
    [InlineData("PRI", "Unknown")]
    [InlineData("PRI ", "Http2")]
    [InlineData("PRI * HTTP/2.0", "Http2")]
    [InlineData("POST", "Http1")]
    [InlineData("PR", "Unknown")]
    [InlineData("PRX", "Http1")]
    [InlineData("G", "Http1")]
    public void Four_bytes_tell_the_version(string first, string expected) =>
        Assert.Equal(expected, HttpPreface.Detect(Encoding.ASCII.GetBytes(first)).ToString());

    [Theory]
    [InlineData("GET", 200)]
    [InlineData("TRACE", 200)]
    [InlineData("BREW", 501)]
    [InlineData("get", 400)]
    public void Methods_outside_the_nine_are_refused(string method, int status) => Assert.Equal(status, Edge.Http.HttpMethods.Check(method));

    [Theory]
    [InlineData(CloseReason.None, 404)]
    [InlineData(CloseReason.NoRoute, 404)]
    [InlineData(CloseReason.Refused, 404)]
    [InlineData(CloseReason.PeerLost, 503)]
    [InlineData(CloseReason.Unreachable, 503)]
    [InlineData(CloseReason.Shutdown, 503)]
    [InlineData(CloseReason.LimitExceeded, 503)]
    [InlineData(CloseReason.TimedOut, 504)]
    [InlineData(CloseReason.Failed, 500)]
    [InlineData(CloseReason.ProtocolViolation, 500)]
    [InlineData(CloseReason.CreditOverrun, 500)]
    public void Every_reason_has_a_status(CloseReason reason, int status) => Assert.Equal(status, HttpRefusal.StatusOf(reason));

    [Fact]
    public void Text_of_bytes_is_the_same_object_again_and_keeps_every_byte()
    {
        var text = new HeaderText();
        Assert.Same(text.Of("content-type"u8), text.Of("content-type"u8));
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        Assert.Equal(all, Encoding.Latin1.GetBytes(text.Of(all)));
        Assert.Equal("é", Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(text.Of("é"u8))));
        Assert.Equal(text.Of("é"u8), HeaderText.OfConfiguration("é"));
        Assert.Equal("x-id"u8.ToArray(), text.LowerName("X-Id"));
    }

    [Theory]
    [InlineData("/v1/orders/{id}", "/v1/orders/7", true)]
    [InlineData("/v1/orders/{id}", "/v1/orders/7/lines", true)]
    [InlineData("/v1/orders/{id}", "/v1/orders/", false)]
    [InlineData("/items", "/items?x=1", true)]
    [InlineData("/items", "/items/", false)]
    [InlineData("/items/*", "/items/7?x=1", true)]
    [InlineData("/items?x=*", "/items?x=1", true)]
    [InlineData("/items?x=*", "/items", false)]
    [InlineData("/a.b", "/aXb", false)]
    public void A_path_condition_accepts_a_query(string pattern, string path, bool expected) =>
        Assert.Equal(expected, Routes(Route(1, (":path", pattern))).TryFind(Head(path: path), out _));

    [Fact]
    public void The_first_route_whose_headers_all_match_wins()
    {
        HttpRoutes routes = Routes(
            Route(1, (":method", "POST"), (":path", "/items")),
            Route(2, ("x-team", "*")),
            Route(3, (":authority", "a.example:80")));
        Assert.True(routes.TryFind(Head("POST", "/items"), out HttpRouteMatch match));
        Assert.Equal(1, match.Route.ExitId);
        Assert.True(routes.TryFind(Head("GET", "/items", ("X-Team", "")), out match));
        Assert.Equal(2, match.Route.ExitId);
        Assert.True(routes.TryFind(Head("GET", "/items"), out match));
        Assert.Equal(3, match.Route.ExitId);
    }

    [Fact]
    public void An_absent_header_never_matches_and_a_guarded_route_is_never_taken()
    {
        var guarded = new HttpRoute([], [], 1, IsGuarded: true);
        Assert.False(Routes(guarded, Route(2, ("x-team", "*"))).TryFind(Head(), out _));
    }

    [Fact]
    public void The_extension_has_pseudo_headers_first_and_nothing_of_the_connection()
    {
        HttpRequestHead head = Head(
            "POST",
            "/items?x=1",
            ("Host", "a.example"),
            ("Connection", "keep-alive, X-Mine"),
            ("X-Mine", "1"),
            ("Keep-Alive", "5"),
            ("Transfer-Encoding", "chunked"),
            ("TE", "trailers"),
            ("Cookie", new StringValues(["a=1", "b=2"])),
            ("X-Many", new StringValues(["1", "2"])),
            ("X-Utf8", HeaderText.OfConfiguration("grün")));
        Assert.Equal(
            [":scheme: http", ":method: POST", ":path: /items?x=1", ":authority: a.example:80", "te: trailers", "cookie: a=1; b=2", "x-many: 1, 2", "x-utf8: grün"],
            Write(head, [], Route(1)));
    }

    [Fact]
    public void The_routes_overrides_win_over_the_bindings_and_know_what_the_path_captured()
    {
        HttpRoute route = Route(1, (":path", "/v1/orders/{id}")) with
        {
            Overrides = [new(":path", ExpressionTemplate.Parse("/internal/${params.id}")), new("x-b", ExpressionTemplate.Parse("route"))],
        };
        HttpOverride[] binding = [new("x-a", ExpressionTemplate.Parse("new")), new("x-b", ExpressionTemplate.Parse("binding"))];
        Assert.Equal(
            [":scheme: http", ":method: GET", ":path: /internal/7?x=1", ":authority: a.example:80", "x-c: 3", "x-a: new", "x-b: route"],
            Write(Head("GET", "/v1/orders/7?x=1", ("X-A", "old"), ("X-C", "3")), binding, route));
    }

    [Fact]
    public void A_head_that_no_extension_holds_is_told()
    {
        string half = new('x', FrameLayout.ExtensionBytesMax / 2);
        HttpRequestHead head = Head("GET", "/", ("X-A", half), ("X-B", half));
        Assert.False(HttpRequestWriter.TryWrite(head, [], new HttpRouteMatch(Route(1), null), new HeaderText(), out _));
    }

    private static List<string> Write(HttpRequestHead head, HttpOverride[] overrides, HttpRoute route)
    {
        Assert.True(Routes(route).TryFind(head, out HttpRouteMatch match));
        Assert.True(HttpRequestWriter.TryWrite(head, overrides, match, new HeaderText(), out ReadOnlySpan<byte> extension));
        Assert.True(HttpEx.TryRead(extension, out HttpEx http));
        List<string> lines = [];
        foreach (Header header in http.Headers)
        {
            lines.Add($"{Encoding.UTF8.GetString(header.Name)}: {Encoding.UTF8.GetString(header.Value)}");
        }

        return lines;
    }

    private static HttpRoutes Routes(params HttpRoute[] routes) => new(routes);

    private static HttpRoute Route(long exitId, params (string Name, string Pattern)[] headers) => new(
        headers.Length == 0 ? [] : [new HttpCondition([.. headers.Select(header => new HttpHeaderCondition(header.Name, PathPattern.Parse(header.Pattern)))])],
        [],
        exitId);

    private static HttpRequestHead Head(string method = "GET", string path = "/", params (string Name, StringValues Value)[] headers)
    {
        var dictionary = new HeaderDictionary();
        foreach ((string name, StringValues value) in headers)
        {
            dictionary[name] = value;
        }

        return new HttpRequestHead("http", method, path, "a.example:80", dictionary);
    }
}
