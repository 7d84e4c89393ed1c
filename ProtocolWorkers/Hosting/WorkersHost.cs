using Sluice.Configuration.Graph;
using Sluice.Frames.Grpc;
using Sluice.ServiceDefaults;

namespace Sluice.ProtocolWorkers.Hosting;

/// <summary>Registers what the service consists of.</summary>
internal static class WorkersHost
{
    public static void AddWorkers(this WebApplicationBuilder builder, GatewayConfiguration configuration, WorkersOptions options)
    {
        builder.Services.AddSingleton(configuration);
        builder.Services.AddSingleton(options);
        if (builder.AddGrpcLinksIfAsked() is { } mistake)
        {
            throw ServiceStartException.Configuration(mistake);
        }

        builder.Services.AddSingleton<WorkersService>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WorkersService>());
        builder.Services.AddHealthChecks().AddCheck<WorkersService>("links");
    }
}
