// A service that does what a test tells it by its environment and by requests.
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Sluice.ServiceDefaults;

if (Environment.GetEnvironmentVariable("PROBE_REFUSE") is { Length: > 0 } refusal)
{
    Console.Error.WriteLine(refusal);
    return int.Parse(Environment.GetEnvironmentVariable("PROBE_REFUSE_CODE") ?? "1");
}

return await ServiceHost.RunAsync(
    "probe",
    args,
    builder => builder.Services.AddHealthChecks().AddCheck("gate", () =>
        Environment.GetEnvironmentVariable("PROBE_GATE_FILE") is not { Length: > 0 } file || File.Exists(file)
            ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("waiting for the gate")),
    app =>
    {
        app.MapGet("/env/{name}", (string name) => Environment.GetEnvironmentVariable(name) ?? "");
        app.MapGet("/args", () => string.Join(' ', args));
        app.MapGet("/pid", () => Environment.ProcessId.ToString());
        app.MapPost("/exit/{code:int}", (int code, ServiceExit exit) => exit.Fail(new ServiceStartException("told to end", code)));
        app.MapPost("/say", (string text, ILogger<ServiceExit> logger) => logger.LogInformation("{Text}", text));
        app.MapGet("/slow", async (CancellationToken stop) => await Task.Delay(TimeSpan.FromMinutes(5), stop));
    });
