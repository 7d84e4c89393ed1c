using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;

namespace Sluice.Frames.Grpc;

/// <summary>Mutual TLS of links: a certificate of our own, and the authority whose certificates make a process a member of the suite.</summary>
/// <remarks>Names in certificates are not compared: instances come and go, and whoever holds a certificate of this authority belongs to us.</remarks>
internal sealed class LinkTls : IDisposable
{
    /// <summary>PEM file with this process's certificate (and what is between it and the authority).</summary>
    public const string CertificateKey = "SLUICE_LINK_CERT";

    /// <summary>PEM file with its private key.</summary>
    public const string PrivateKeyKey = "SLUICE_LINK_KEY";

    /// <summary>PEM file with the authority's certificate.</summary>
    public const string AuthorityKey = "SLUICE_LINK_CA";

    /// <summary><c>true</c> lets other hosts in without TLS.</summary>
    public const string InsecureKey = "SLUICE_LINK_INSECURE";

    private readonly X509Certificate2Collection _authorities = [];

    private LinkTls(X509Certificate2 certificate) => Certificate = certificate;

    public X509Certificate2 Certificate { get; }

    public static bool IsConfigured(IConfiguration configuration) => !string.IsNullOrEmpty(configuration[CertificateKey]);

    /// <summary>Reads the files; null when none is configured.</summary>
    /// <exception cref="InvalidOperationException">Only some are named, or one cannot be read.</exception>
    public static LinkTls? TryLoad(IConfiguration configuration)
    {
        if (!IsConfigured(configuration))
        {
            return null;
        }

        string key = Named(configuration, PrivateKeyKey);
        string authority = Named(configuration, AuthorityKey);
        try
        {
            var tls = new LinkTls(X509Certificate2.CreateFromPemFile(configuration[CertificateKey]!, key));
            tls._authorities.ImportFromPemFile(authority);
            return tls;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
        {
            throw new InvalidOperationException($"the certificates of links cannot be read ({CertificateKey}, {PrivateKeyKey}, {AuthorityKey}): {exception.Message}", exception);
        }
    }

    /// <summary>True for a certificate of the suite's authority.</summary>
    public bool IsMember(X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (certificate is null || (errors & SslPolicyErrors.RemoteCertificateNotAvailable) != 0)
        {
            return false;
        }

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // A private authority seldom publishes lists; certificates are short-lived instead.
        using X509Certificate2 member = X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
        return chain.Build(member);
    }

    public void Dispose() => Certificate.Dispose();

    private static string Named(IConfiguration configuration, string key) => configuration[key] is { Length: > 0 } file
        ? file
        : throw new InvalidOperationException($"{CertificateKey} is set and {key} is not: mutual TLS of links needs both");
}
