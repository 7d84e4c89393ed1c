using System.Net;
using System.Net.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace Sluice.Frames.Grpc;

/// <summary>How a service opts in to gRPC links.</summary>
public static class GrpcLinkHosting
{
    /// <summary>The address for links, such as <c>https://0.0.0.0:7443</c>; besides it, every HTTP/2 address of the service answers.</summary>
    public const string AddressKey = "SLUICE_LINK_ADDRESS";

    private const int ConnectMsMax = 2000;

    /// <summary>Registers <see cref="GrpcLinks"/>, the HTTP clients it calls with, and the listener at SLUICE_LINK_ADDRESS if one is set.</summary>
    public static IServiceCollection AddGrpcLinks(this IServiceCollection services)
    {
        services.AddGrpc();
        services.AddServiceDiscovery();
        services.AddSingleton<GrpcLinks>();
        services.AddSingleton<IRemoteLinks>(provider => provider.GetRequiredService<GrpcLinks>());
        services.AddHttpClient(GrpcLinkConnector.GreetingClient)
            .ConfigurePrimaryHttpMessageHandler(CreateHandler).RemoveResilience()
            .AddStandardResilienceHandler(options => options.Retry.ShouldHandle = static _ => ValueTask.FromResult(false)); // The connector tries again itself.
        services.AddHttpClient(GrpcLinkConnector.CallClient)
            .ConfigurePrimaryHttpMessageHandler(CreateHandler).RemoveResilience();
        services.AddOptions<KestrelServerOptions>().Configure<IConfiguration>(Listen);
        return services;
    }

    /// <summary>Maps the service that other hosts call.</summary>
    public static GrpcServiceEndpointConventionBuilder MapGrpcLinks(this IEndpointRouteBuilder endpoints) => endpoints.MapGrpcService<LinksService>();

    // A call over a link lasts for days: no attempt timeout, no repetition. Service defaults add both to every client.
    private static IHttpClientBuilder RemoveResilience(this IHttpClientBuilder builder)
    {
#pragma warning disable EXTEXP0001 // The one way to take back what ConfigureHttpClientDefaults added.
        return builder.RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
    }

    private static SocketsHttpHandler CreateHandler(IServiceProvider services)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true, // 64 × 64 engines are more calls than one connection takes.
            ConnectTimeout = TimeSpan.FromMilliseconds(ConnectMsMax),
            UseProxy = false,
            UseCookies = false,
        };
        if (LinkTls.TryLoad(services.GetRequiredService<IConfiguration>()) is { } tls)
        {
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                ClientCertificates = [tls.Certificate],
                RemoteCertificateValidationCallback = (_, certificate, _, errors) => tls.IsMember(certificate, errors),
            };
        }

        return handler;
    }

    private static void Listen(KestrelServerOptions kestrel, IConfiguration configuration)
    {
        string? text = configuration[AddressKey];
        if (string.IsNullOrEmpty(text))
        {
            return;
        }

        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? address) || !IPAddress.TryParse(address.Host.Trim('[', ']'), out IPAddress? ip))
        {
            throw new InvalidOperationException($"{AddressKey} is '{text}'; it must be an address such as https://0.0.0.0:7443");
        }

        LinkTls? tls = LinkTls.TryLoad(configuration);
        if (address.Scheme == Uri.UriSchemeHttps && tls is null)
        {
            throw new InvalidOperationException($"{AddressKey} is {text} and {LinkTls.CertificateKey} is not set: mutual TLS of links needs a certificate");
        }

        kestrel.Listen(ip, address.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            if (tls is not null)
            {
                listen.UseHttps(new HttpsConnectionAdapterOptions
                {
                    ServerCertificate = tls.Certificate,
                    ClientCertificateMode = ClientCertificateMode.RequireCertificate,
                    ClientCertificateValidation = (certificate, _, errors) =>
                    {
                        bool isMember = tls.IsMember(certificate, errors);
                        if (!isMember)
                        {
                            kestrel.ApplicationServices.GetRequiredService<GrpcLinks>().OnStranger(certificate.Subject);
                        }

                        return isMember;
                    },
                });
            }
        });
    }
}
