using Sluice.Configuration;
using Sluice.Configuration.Graph;
using Sluice.ServiceDefaults;

namespace Sluice.Guard.Hosting;

/// <summary>What the service consists of.</summary>
internal static class GuardHost
{
    private const int MessageBytesMax = 256 * 1024; // The largest credentials: a TLS client's certificate chain.

    /// <summary>Loads the configuration named by SLUICE_CONFIG and registers the service.</summary>
    /// <exception cref="ServiceStartException">The configuration is refused.</exception>
    public static void Build(WebApplicationBuilder builder)
    {
        LoadResult loaded = builder.Configuration["SLUICE_CONFIG"] is { Length: > 0 } path
            ? ConfigurationLoader.Load(path)
            : throw ServiceStartException.Configuration("guard: no configuration file: set SLUICE_CONFIG to the path of a sluice.yaml or zilla.yaml");
        GatewayConfiguration configuration = loaded.Configuration
            ?? throw ServiceStartException.Configuration(loaded.Errors.Select(error => error.ToString()));
        builder.Services.AddSingleton(configuration);
        builder.Services.AddSingleton(new GuardTable(configuration));
        builder.Services.AddGrpc(options => options.MaxReceiveMessageSize = MessageBytesMax);
    }

    /// <summary>Maps the gRPC contract and says what is guarded by a guard that checks nothing.</summary>
    public static void Map(WebApplication app)
    {
        app.MapGrpcService<GuardService>();
        ILogger logger = app.Services.GetRequiredService<ILogger<GuardService>>();
        GuardLog.Serving(logger, app.Services.GetRequiredService<GuardTable>().Count);
        GatewayConfiguration configuration = app.Services.GetRequiredService<GatewayConfiguration>();
        foreach (BindingConfiguration binding in configuration.Bindings)
        {
            foreach (string guard in binding.Routes.SelectMany(route => route.Guarded).Select(guarded => guarded.Guard).Distinct())
            {
                if (configuration.FindGuard(guard) is { Type: "inline" })
                {
                    GuardLog.InlineGuardsRoute(logger, guard, binding.QualifiedName);
                }
            }
        }
    }
}
