using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace Sluice.Frames.Grpc;

/// <summary>Why a peer could not be joined, as a sentence for whoever runs the suite.</summary>
internal static class LinkProblem
{
    /// <summary>The sentence; null when the peer is not up yet, which is waited for and no news.</summary>
    public static string? Describe(Exception exception, Uri address)
    {
        if (Find<SocketException>(exception) is { } socket)
        {
            return socket.SocketErrorCode == SocketError.HostNotFound ? $"the peer at {address} cannot be found: {socket.Message}" : null;
        }

        if (Find<AuthenticationException>(exception) is { InnerException: null })
        {
            return $"the peer at {address} shows a certificate that is not of the authority in {LinkTls.AuthorityKey}";
        }

        // A refused certificate shows as the end of the connection: the alert comes when our side of the hand-shake is through.
        bool isCutOff = Find<HttpRequestException>(exception) is not null;
        return exception switch
        {
            _ when isCutOff && address.Scheme == Uri.UriSchemeHttps =>
                $"the peer at {address} ends the TLS hand-shake: it wants a certificate ({LinkTls.CertificateKey}) of the authority in its {LinkTls.AuthorityKey}",
            _ when isCutOff => $"the peer at {address} does not speak HTTP/2 without TLS: give its address as https, and this process a certificate ({LinkTls.CertificateKey})",
            RpcException { StatusCode: StatusCode.Unavailable } => null,
            RpcException rpc => $"the peer at {address} answered {rpc.StatusCode}: {rpc.Status.Detail}",
            _ => exception.Message,
        };
    }

    private static T? Find<T>(Exception? exception) where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException ?? (exception as RpcException)?.Status.DebugException)
        {
            if (exception is T found)
            {
                return found;
            }
        }

        return null;
    }
}
