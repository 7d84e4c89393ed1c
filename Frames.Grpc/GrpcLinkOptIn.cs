using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Sluice.Frames.Grpc;

/// <summary>Joins engines with rooms on other hosts.</summary>
public interface IRemoteLinks
{
    /// <summary>From now on, until the group is disposed of.</summary>
    void Join(EngineGroup group);
}

/// <summary>How a service opts in to gRPC links without paying for them where nobody asked.</summary>
/// <remarks>
/// Links are asked for by SLUICE_LINKS=grpc, by an address to answer on (SLUICE_LINK_ADDRESS, SLUICE_GRPC_PORT) or by an address of a peer
/// (<c>services__ROOM__link__0</c>). Without any of them nothing of gRPC is registered, nor listens.
/// </remarks>
public static class GrpcLinkOptIn
{
    private const string GrpcPortKey = "SLUICE_GRPC_PORT"; // The HTTP/2 port of a service, as ServiceDefaults reads it.

    /// <summary>Registers the links if they are asked for.</summary>
    /// <returns>What is wrong with the settings, a sentence for whoever wrote them; null when nothing is.</returns>
    public static string? AddGrpcLinksIfAsked(this IHostApplicationBuilder builder)
    {
        try
        {
            if (IsAsked(builder.Configuration))
            {
                builder.Services.AddGrpcLinks();
            }

            return null;
        }
        catch (ArgumentException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Maps the service that other hosts call, if links were asked for.</summary>
    public static void MapGrpcLinksIfAsked(this IEndpointRouteBuilder endpoints)
    {
        if (endpoints.ServiceProvider.GetService<IRemoteLinks>() is not null)
        {
            endpoints.MapGrpcLinks();
        }
    }

    /// <summary>Joins the engines with rooms on other hosts, if links were asked for. Once the engines run.</summary>
    public static void JoinGrpcLinksIfAsked(this IServiceProvider services, EngineGroup group) => services.GetService<IRemoteLinks>()?.Join(group);

    private static bool IsAsked(IConfiguration configuration) => LinkChoices.Parse(configuration[LinkChoices.Variable]) switch
    {
        LinkChoice.Grpc => true,
        LinkChoice.SharedMemory => false,
        _ => !string.IsNullOrEmpty(configuration["SLUICE_LINK_ADDRESS"]) || !string.IsNullOrEmpty(configuration[GrpcPortKey])
            || configuration.GetSection("services").GetChildren().Any(room => room.GetSection("link").Exists()),
    };
}
