using Sluice.Configuration;
using Sluice.Configuration.Graph;
using Sluice.ServiceDefaults;

namespace Sluice.Catalog.Hosting;

/// <summary>What the service consists of.</summary>
internal static class CatalogHost
{
    private const int MessageBytesMax = 4 * 1024 * 1024; // A schema's text; the whole configuration file may have no more.

    /// <summary>Loads the configuration named by SLUICE_CONFIG and registers the service.</summary>
    /// <exception cref="ServiceStartException">The configuration is refused.</exception>
    public static void Build(WebApplicationBuilder builder)
    {
        LoadResult loaded = builder.Configuration["SLUICE_CONFIG"] is { Length: > 0 } path
            ? ConfigurationLoader.Load(path)
            : throw ServiceStartException.Configuration("catalog: no configuration file: set SLUICE_CONFIG to the path of a sluice.yaml or zilla.yaml");
        GatewayConfiguration configuration = loaded.Configuration
            ?? throw ServiceStartException.Configuration(loaded.Errors.Select(error => error.ToString()));
        builder.Services.AddSingleton(new CatalogTable(configuration));
        builder.Services.AddGrpc(options => options.MaxSendMessageSize = MessageBytesMax);
    }

    /// <summary>Maps the gRPC contract.</summary>
    public static void Map(WebApplication app)
    {
        app.MapGrpcService<CatalogService>();
        CatalogLog.Serving(app.Services.GetRequiredService<ILogger<CatalogService>>(), app.Services.GetRequiredService<CatalogTable>().Count);
    }
}
