using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace Sluice.AppHost.Tests.Substitute;

/// <summary>The host itself as a process: what it prints, its status page, its exit codes, that it leaves nothing behind.</summary>
public sealed class HostProcessTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TestProcess.SigTerm)]
    [InlineData(TestProcess.SigInt)]
    public async Task A_run_says_which_host_it_is_and_when_it_is_ready_and_stops_cleanly(int signal)
    {
        await using TestProcess host = Start();
        Assert.Contains("substitute host, not Aspire", await host.LineAsync("apphost |"), StringComparison.Ordinal);
        Assert.Contains("second http://localhost:7114", await host.LineAsync("ready in"), StringComparison.Ordinal);
        Assert.Contains(host.Lines, line => line.StartsWith("first   | ", StringComparison.Ordinal));
        int[] pids = await PidsAsync(host);
        host.Signal(signal);
        Assert.Equal(0, await host.ExitCodeAsync());
        Assert.All(pids, pid => Assert.False(Path.Exists($"/proc/{pid}")));
    }

    [Fact]
    public async Task A_killed_host_leaves_no_service_behind()
    {
        await using TestProcess host = Start();
        await host.LineAsync("ready in");
        int[] pids = await PidsAsync(host);
        host.Signal(TestProcess.SigKill);
        await host.ExitCodeAsync();
        foreach (int pid in pids)
        {
            await TestProcess.GoneAsync(pid);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_service_that_cannot_start_ends_the_run_with_its_exit_code(int exitCode)
    {
        await using TestProcess host = Start(("SECOND_REFUSES", "second: cannot, for a reason"), ("SECOND_REFUSES_WITH", $"{exitCode}"));
        Assert.Equal(exitCode, await host.ExitCodeAsync());
        Assert.Contains("second  | second: cannot, for a reason", host.Lines);
        Assert.Contains(host.Lines, line => line.Contains($"second could not start, exit code {exitCode}", StringComparison.Ordinal));
        Assert.DoesNotContain(host.Lines, line => line.Contains("   at ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_status_page_shows_the_resources_and_acts_only_for_its_own_page()
    {
        await using TestProcess host = Start();
        await host.LineAsync("ready in");
        using HttpClient page = await PageAsync(host);
        string html = await page.GetStringAsync("/", Cancellation);
        Assert.Contains("first", html, StringComparison.Ordinal);
        Assert.Contains("Healthy", html, StringComparison.Ordinal);
        Assert.Contains("probe started", string.Join('\n', (await page.GetFromJsonAsync<string[]>("/api/resources/first/logs", Cancellation))!), StringComparison.Ordinal);
        Assert.Contains("probe started", await page.GetStringAsync("/resources/first", Cancellation), StringComparison.Ordinal);

        using HttpRequestMessage stranger = new(HttpMethod.Get, "/") { Headers = { Host = "evil.example" } };
        using HttpResponseMessage refused = await page.SendAsync(stranger, Cancellation);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, refused.StatusCode);
        using HttpResponseMessage forged = await page.PostAsync("/api/resources/first/stop", null, Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, forged.StatusCode);

        int before = (await PidsAsync(host))[0];
        using HttpRequestMessage restart = new(HttpMethod.Post, "/api/resources/first/restart") { Headers = { { "X-Sluice-Action", "1" } } };
        using HttpResponseMessage accepted = await page.SendAsync(restart, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, accepted.StatusCode);
        await TestProcess.GoneAsync(before);
    }

    [Fact]
    public async Task A_busy_status_port_is_replaced_and_said()
    {
        using TcpListener busy = new(IPAddress.Loopback, 0);
        busy.Start();
        int port = ((IPEndPoint)busy.LocalEndpoint).Port;
        await using TestProcess host = Start(("ASPNETCORE_URLS", $"http://localhost:{port}"));
        Assert.Contains($"(port {port} is busy)", await host.LineAsync("status page"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publishing_writes_a_manifest_and_starts_nothing()
    {
        using TempFolder folder = new();
        string file = Path.Combine(folder.Path, "manifest.json");
        await using (TestProcess host = TestProcess.Start(TestPaths.ProbeHostProgram, ["--publisher", "manifest", "--output-path", file], [("PROBE_PROJECT", TestPaths.ProbeProject)]))
        {
            Assert.Equal(0, await host.ExitCodeAsync());
        }

        await using (TestProcess host = TestProcess.Start(
            TestPaths.ProbeHostProgram, ["--operation", "publish", "--step", "publish", "--output-path", folder.Path], [("PROBE_PROJECT", TestPaths.ProbeProject)]))
        {
            Assert.Equal(0, await host.ExitCodeAsync());
        }

        Assert.True(File.Exists(Path.Combine(folder.Path, "aspire-manifest.json")));
        using JsonDocument manifest = JsonDocument.Parse(await File.ReadAllTextAsync(file, Cancellation));
        JsonElement second = manifest.RootElement.GetProperty("resources").GetProperty("second");
        Assert.Equal("project.v1", second.GetProperty("type").GetString());
        Assert.Equal("http", second.GetProperty("bindings").GetProperty("http").GetProperty("scheme").GetString());
    }

    // Port 0: any free one for the status page, so that tests do not meet on the usual one.
    private static TestProcess Start(params (string Name, string Value)[] environment) => TestProcess.Start(
        TestPaths.ProbeHostProgram, [], [("PROBE_PROJECT", TestPaths.ProbeProject), ("ASPNETCORE_URLS", "http://localhost:0"), .. environment]);

    private static async Task<HttpClient> PageAsync(TestProcess host)
    {
        string line = await host.LineAsync("status page");
        return new HttpClient { BaseAddress = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..].Split(' ')[0]) };
    }

    private static async Task<int[]> PidsAsync(TestProcess host)
    {
        using HttpClient page = await PageAsync(host);
        using JsonDocument resources = JsonDocument.Parse(await page.GetStringAsync("/api/resources", Cancellation));
        return [.. resources.RootElement.EnumerateArray().Select(resource => resource.GetProperty("pid").GetInt32())];
    }
}
