using System.Diagnostics.Metrics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Sluice.Frames.Testing;

namespace Sluice.Frames.Grpc.Tests;

/// <summary>A room with a real HTTP/2 endpoint on loopback, as a service on another host would be.</summary>
internal sealed class LinkHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly MeterListener _meter = new();
    private int _callersGone;

    private LinkHost(WebApplication app, EngineGroup group, Refusals refusals)
    {
        _app = app;
        Group = group;
        Refused = refusals;
        IMeterFactory own = app.Services.GetRequiredService<IMeterFactory>();
        _meter.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "kestrel.connection.duration" && instrument.Meter.Scope == own)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meter.SetMeasurementEventCallback<double>((_, _, _, _) => Interlocked.Increment(ref _callersGone));
        _meter.Start();
    }

    /// <summary>Connections to it that are over.</summary>
    public int CallersGone => Volatile.Read(ref _callersGone);

    public EngineGroup Group { get; }

    public Refusals Refused { get; }

    public FrameEngine Engine => Group.Engines[0];

    public string Address => _app.Urls.Single();

    public static async Task<LinkHost> StartAsync(
        string room, Action<FrameEngine> configure, int engines = 1, string? connectTo = null, string[]? addresses = null, int port = 0, int instance = 0,
        IDictionary<string, string?>? settings = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(settings ?? new Dictionary<string, string?>());
        for (int i = 0; i < (addresses?.Length ?? 0); i++)
        {
            builder.Configuration[$"services:{connectTo}:link:{i}"] = addresses![i];
        }

        if (settings?.ContainsKey(GrpcLinkHosting.AddressKey) != true)
        {
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
        }

        builder.Services.AddGrpcLinks();
        WebApplication app = builder.Build();
        app.MapGrpcLinks();
        await app.StartAsync();
        var refusals = new Refusals();
        EngineGroup group = EngineGroup.Start(
            new EngineGroupOptions
            {
                Room = room, Instance = instance, EngineCount = engines, Links = LinkChoice.Grpc, RingBytes = 256 * 1024,
                ConnectTo = connectTo is null ? [] : [connectTo], Observer = refusals,
            },
            configure);
        app.Services.GetRequiredService<GrpcLinks>().Join(group);
        return new LinkHost(app, group, refusals);
    }

    public static Task Until(Func<bool> condition, Func<string>? explain = null) => Eventually.TrueAsync(condition, "what the test waits for", found: explain);

    public async ValueTask DisposeAsync()
    {
        await Group.DisposeAsync();
        await _app.DisposeAsync();
        _meter.Dispose();
        Refused.AssertClean();
    }
}
