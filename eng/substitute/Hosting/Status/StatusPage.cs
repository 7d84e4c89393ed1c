using System.Net;
using Aspire.Hosting.Running;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Status;

/// <summary>
/// A page that shows the resources, their state, addresses and last lines, and the same as JSON. On loopback only; it answers only
/// requests made to a loopback name, so that a page elsewhere cannot read it through a name of its own, and it acts only on
/// requests with a header that such a page cannot set.
/// </summary>
internal sealed class StatusPage : IAsyncDisposable
{
    private const int PortDefault = 15180;
    private const string ActionHeader = "X-Sluice-Action";

    private readonly WebApplication _web;

    private StatusPage(WebApplication web, string announcement)
    {
        _web = web;
        Announcement = announcement;
    }

    /// <summary>What to tell the person at the console.</summary>
    public string Announcement { get; }

    public static async Task<StatusPage> StartAsync(ApplicationRun run, CancellationToken cancellationToken)
    {
        int wished = WishedPort();
        try
        {
            return await ListenAsync(run, wished, "", cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            return await ListenAsync(run, 0, $" (port {wished} is busy)", cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    // Launch settings give the address as ASPNETCORE_URLS=http://localhost:15180.
    private static int WishedPort()
    {
        string? first = Environment.GetEnvironmentVariable("ASPNETCORE_URLS")?.Split(';')[0];
        return Uri.TryCreate(first, UriKind.Absolute, out Uri? uri) && uri.Port >= 0 ? uri.Port : PortDefault;
    }

    private static async Task<StatusPage> ListenAsync(ApplicationRun run, int port, string remark, CancellationToken cancellationToken)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory, Args = ["--hostBuilder:reloadConfigOnChange=false"] });
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, port, options => options.Protocols = HttpProtocols.Http1);
        });
        WebApplication web = builder.Build();
        try
        {
            web.Use(RefuseStrangersAsync);
            Map(web, run);
            await web.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await web.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return new StatusPage(web, $"status page {web.Urls.First().Replace("127.0.0.1", "localhost", StringComparison.Ordinal)}{remark}");
    }

    private static Task RefuseStrangersAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XFrameOptions = "DENY";
        if (context.Request.Host.Host is "localhost" or "127.0.0.1" or "[::1]")
        {
            return next(context);
        }

        context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        return context.Response.WriteAsync("This page answers to localhost only.\n");
    }

    private static void Map(WebApplication web, ApplicationRun run)
    {
        web.MapGet("/", () => Results.Content(StatusHtml.Page(StatusView.All(run)), "text/html; charset=utf-8"));
        web.MapGet("/table", () => Results.Content(StatusHtml.Table(StatusView.All(run)), "text/html; charset=utf-8"));
        web.MapGet("/resources/{name}", (string name) => Find(run, name) is { } instance
            ? Results.Content(StatusHtml.Logs(instance.Id, instance.Log.ToArray()), "text/html; charset=utf-8")
            : Results.NotFound());
        web.MapGet("/api/resources", () => Results.Json(StatusView.All(run)));
        web.MapGet("/api/resources/{name}/logs", (string name) => Find(run, name) is { } instance
            ? Results.Json(instance.Log.ToArray())
            : Results.NotFound());
        web.MapPost("/api/resources/{name}/{action}", Act);

        IResult Act(HttpRequest request, string name, string action)
        {
            if (!request.Headers.ContainsKey(ActionHeader))
            {
                return Results.Text($"The header {ActionHeader} is missing.\n", statusCode: StatusCodes.Status403Forbidden);
            }

            if (Find(run, name) is not { } instance)
            {
                return Results.NotFound();
            }

            switch (action)
            {
                case "start": instance.Start(); break;
                case "stop": _ = instance.RestAsync(); break;
                case "restart": _ = instance.RestartAsync(); break;
                default: return Results.NotFound();
            }

            return Results.Accepted();
        }
    }

    private static InstanceSupervisor? Find(ApplicationRun run, string name) =>
        run.Instances.FirstOrDefault(instance => string.Equals(instance.Id, name, StringComparison.OrdinalIgnoreCase));
}
