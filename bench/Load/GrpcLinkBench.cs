using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sluice.Frames;
using Sluice.Frames.Grpc;

namespace Sluice.Bench.Load;

/// <summary>The same round trips between two processes joined over gRPC on loopback, without TLS: what a hop costs where memory is not shared.</summary>
internal static class GrpcLinkBench
{
    private const int RoundTripsPerSecond = 2000; // Fewer than it does: the figure is a median, not a rate.

    public static async Task RunAsync(LoadOptions options)
    {
        using Process peer = Process.Start(new ProcessStartInfo("dotnet", [typeof(LinkBench).Assembly.Location, "grpc-link-peer"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            string address = await peer.StandardOutput.ReadLineAsync().ConfigureAwait(false) ?? throw new IOException("the peer did not start");
            (WebApplication app, EngineGroup group) = await StartAsync("front", "back", engine => engine.Place(LinkBench.Echo, "back"), address).ConfigureAwait(false);
            await using (app.ConfigureAwait(false))
            await using (group.ConfigureAwait(false))
            {
                await LinkBench.LinkedAsync(group).ConfigureAwait(false);
                await LinkBench.PingAsync(group, 10_000, depth: 1, pauseMs: 0).ConfigureAwait(false);
                Figures.Print("rtt_grpc_us", LinkBench.Median(
                    await LinkBench.PingAsync(group, RoundTripsPerSecond * options.Seconds, depth: 1, pauseMs: 0).ConfigureAwait(false)));
            }
        }
        finally
        {
            peer.StandardInput.Close();
            await peer.WaitForExitAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The other process; says where it is and ends with its standard input.</summary>
    public static async Task RunPeerAsync()
    {
        (WebApplication app, EngineGroup group) = await StartAsync("back", null, engine => engine.Attach(LinkBench.Echo, new LinkBench.EchoBinding()), null).ConfigureAwait(false);
        await using (app.ConfigureAwait(false))
        await using (group.ConfigureAwait(false))
        {
            Console.Out.WriteLine(app.Urls.Single());
            await Console.In.ReadToEndAsync().ConfigureAwait(false);
        }
    }

    private static async Task<(WebApplication App, EngineGroup Group)> StartAsync(string room, string? connectTo, Action<FrameEngine> configure, string? address)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration[$"services:{connectTo}:link:0"] = address;
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpcLinks();
        WebApplication app = builder.Build();
        app.MapGrpcLinks();
        await app.StartAsync().ConfigureAwait(false);
        EngineGroup group = EngineGroup.Start(
            new EngineGroupOptions { Room = room, EngineCount = 1, Links = LinkChoice.Grpc, ConnectTo = connectTo is null ? [] : [connectTo] }, configure);
        app.Services.GetRequiredService<GrpcLinks>().Join(group);
        return (app, group);
    }
}
