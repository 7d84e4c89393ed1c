using System.Text.RegularExpressions;
using Sluice.Configuration;

namespace Sluice.Edge.Tests;

/// <summary>The examples of the manual pages, run.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public async Task The_example_of_the_echo_page_returns_what_it_gets()
    {
        await using TestEdge edge = await TestEdge.StartAsync(Example("echo.md"));
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("hello");
        client.Finish();
        Assert.Equal(("hello", false), await client.ReadToEndAsync());
    }

    [Fact]
    public async Task The_example_of_the_tcp_page_leads_other_ports_to_its_exit()
    {
        await using TestEdge edge = await TestEdge.StartAsync(Example("tcp.md"));
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        await client.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", (await client.ReadResponseAsync()).Head);
    }

    [Fact]
    public async Task Every_request_of_the_http_page_gets_the_status_it_says()
    {
        await using TestEdge edge = await TestEdge.StartAsync(Example("http.md"));
        using RawClient client = await RawClient.ConnectAsync(edge.Address);
        MatchCollection requests = RequestLine().Matches(Page("http.md"));
        Assert.True(requests.Count >= 3);
        foreach (Match request in requests)
        {
            await client.SendAsync($"{request.Groups[1].Value} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n");
            Assert.StartsWith($"HTTP/1.1 {request.Groups[2].Value} ", (await client.ReadResponseAsync()).Head);
        }
    }

    [Theory]
    [InlineData("tcp.echo")]
    [InlineData("http.echo")]
    public void The_examples_load_without_a_word(string name)
    {
        LoadResult result = ConfigurationLoader.Load(Path.Combine(Root(), "examples", name, "zilla.yaml"));
        Assert.Empty(result.Errors);
        Assert.Empty(result.Warnings);
    }

    private static string Example(string page) => Yaml().Match(Page(page)).Groups[1].Value;

    private static string Page(string name) => File.ReadAllText(Path.Combine(Root(), "docs", "bindings", name));

    private static string Root()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "Suite.sln")))
        {
            directory = Path.GetDirectoryName(directory);
        }

        return directory ?? throw new InvalidOperationException("the tests run outside the repository");
    }

    [GeneratedRegex(@"```yaml\r?\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Yaml();

    // GET /v1/orders/7       200     the app saw /internal/7
    [GeneratedRegex(@"^((?:GET|POST) /\S+) +(\d{3})\b", RegexOptions.Multiline)]
    private static partial Regex RequestLine();
}
