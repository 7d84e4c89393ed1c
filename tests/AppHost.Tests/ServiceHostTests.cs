using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Sluice.AppHost.Tests;

/// <summary>The frame around every service (ServiceDefaults), seen from outside: a probe started by hand.</summary>
public sealed class ServiceHostTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_and_liveness_are_always_mapped_and_name_what_fails()
    {
        using TempFolder folder = new();
        string gate = Path.Combine(folder.Path, "gate");
        await using TestProcess service = Start([("PROBE_GATE_FILE", gate)]);
        using HttpClient admin = await AdminOfAsync(service);

        using HttpResponseMessage unready = await admin.GetAsync("/health", Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unready.StatusCode);
        Assert.Equal("Unhealthy\ngate: waiting for the gate", await unready.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("Healthy", await admin.GetStringAsync("/alive", Cancellation));

        await File.WriteAllTextAsync(gate, "", Cancellation);
        Assert.Equal("Healthy", await admin.GetStringAsync("/health", Cancellation));
    }

    [Fact]
    public async Task SIGTERM_ends_a_service_with_exit_code_0()
    {
        await using TestProcess service = Start([]);
        using HttpClient admin = await AdminOfAsync(service);
        service.Signal(TestProcess.SigTerm);
        Assert.Equal(0, await service.ExitCodeAsync());
        Assert.DoesNotContain(service.Lines, line => line.Contains("   at ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ctrl_C_is_left_to_the_host_that_started_the_service()
    {
        await using TestProcess service = Start([("SLUICE_PARENT_PID", Environment.ProcessId.ToString())]);
        using HttpClient admin = await AdminOfAsync(service);
        service.Signal(TestProcess.SigInt);
        Assert.Equal("Healthy", await admin.GetStringAsync("/health", Cancellation));
        service.Signal(TestProcess.SigTerm);
        Assert.Equal(0, await service.ExitCodeAsync());
    }

    [Fact]
    public async Task A_busy_admin_port_is_one_line_and_exit_code_1()
    {
        using TcpListener busy = new(IPAddress.Loopback, 0);
        busy.Start();
        await using TestProcess service = Start([("ASPNETCORE_URLS", $"http://127.0.0.1:{((IPEndPoint)busy.LocalEndpoint).Port}")]);
        Assert.Equal(1, await service.ExitCodeAsync());
        string line = Assert.Single(service.Lines);
        Assert.StartsWith("probe: ", line, StringComparison.Ordinal);
        Assert.Contains("address already in use", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_address_is_a_configuration_error()
    {
        await using TestProcess service = Start([("ASPNETCORE_URLS", "https://127.0.0.1:1")]);
        Assert.Equal(2, await service.ExitCodeAsync());
        Assert.Contains("not an http address", Assert.Single(service.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_while_running_ends_with_its_line_and_code()
    {
        await using TestProcess service = Start([]);
        using HttpClient admin = await AdminOfAsync(service);
        using HttpResponseMessage _ = await admin.PostAsync("/exit/3", null, Cancellation);
        Assert.Equal(3, await service.ExitCodeAsync());
        Assert.Contains("probe: told to end", service.Lines);
    }

    [Fact]
    public async Task A_log_entry_is_one_line()
    {
        await using TestProcess service = Start([]);
        using HttpClient admin = await AdminOfAsync(service);
        using HttpResponseMessage _ = await admin.PostAsync($"/say?text={Uri.EscapeDataString("one\ntwo")}", null, Cancellation);
        Assert.EndsWith("one / two", await service.LineAsync(" / two"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_stops_when_its_host_is_gone()
    {
        using Process host = Process.Start(new ProcessStartInfo("sleep", "300"))!;
        await using TestProcess service = Start([("SLUICE_PARENT_PID", host.Id.ToString())]);
        using HttpClient admin = await AdminOfAsync(service);
        host.Kill();
        await host.WaitForExitAsync(Cancellation);
        Assert.Equal(0, await service.ExitCodeAsync());
    }

    private static TestProcess Start(IEnumerable<(string Name, string Value)> environment) =>
        TestProcess.Start(TestPaths.ProbeProgram, [], [("ASPNETCORE_URLS", ""), .. environment]);

    private static async Task<HttpClient> AdminOfAsync(TestProcess service)
    {
        string line = await service.LineAsync("probe started");
        return new HttpClient { BaseAddress = new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..]) };
    }
}
