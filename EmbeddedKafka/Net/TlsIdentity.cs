using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Sluice.ServiceDefaults;

namespace Sluice.EmbeddedKafka.Net;

/// <summary>The certificate the broker shows; with one, every connection speaks TLS 1.2 or 1.3.</summary>
internal sealed class TlsIdentity(X509Certificate2 certificate) : IDisposable
{
    /// <summary>10 s for the hand-shake, far above any live peer's.</summary>
    private const int HandshakeMsMax = 10_000;

    public static TlsIdentity? Load(string? certificateFile, string? keyFile)
    {
        if (certificateFile is null && keyFile is null)
        {
            return null;
        }

        if (certificateFile is null || keyFile is null)
        {
            throw ServiceStartException.Configuration("TLS needs both a certificate and its key: --tls-cert FILE --tls-key FILE, in PEM");
        }

        try
        {
            return new TlsIdentity(X509Certificate2.CreateFromPemFile(certificateFile, keyFile));
        }
        catch (Exception e) when (e is IOException or CryptographicException or UnauthorizedAccessException)
        {
            throw ServiceStartException.Configuration($"{certificateFile}, {keyFile}: no certificate with its key in PEM: {e.Message}");
        }
    }

    public async Task<Stream> SecureAsync(Stream plain, CancellationToken cancellationToken)
    {
        var secured = new SslStream(plain);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(HandshakeMsMax);
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificate = certificate,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
        await secured.AuthenticateAsServerAsync(options, late.Token);
        return secured;
    }

    public void Dispose() => certificate.Dispose();
}
