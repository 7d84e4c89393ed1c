using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Sluice.Frames.Grpc.Tests;

/// <summary>An authority of the test's own, and certificates of it as files.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly string _directory;
    private readonly string _name;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private int _issued;

    public TestAuthority(string directory, string name)
    {
        _directory = directory;
        _name = name;
        var request = new CertificateRequest($"CN={name}", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(AuthorityFile, _certificate.ExportCertificatePem());
    }

    public string AuthorityFile => Path.Combine(_directory, $"{_name}.pem");

    /// <summary>Settings of a process with a certificate of this authority, which trusts <paramref name="trusted"/>.</summary>
    public Dictionary<string, string?> Member(TestAuthority? trusted = null)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN=member of {_name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        using X509Certificate2 certificate = request.Create(
            _certificate, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddHours(12), BitConverter.GetBytes(++_issued));
        string stem = Path.Combine(_directory, $"{_name}-{_issued}");
        File.WriteAllText(stem + ".crt", certificate.ExportCertificatePem());
        File.WriteAllText(stem + ".key", key.ExportPkcs8PrivateKeyPem());
        return new Dictionary<string, string?>
        {
            ["SLUICE_LINK_CERT"] = stem + ".crt",
            ["SLUICE_LINK_KEY"] = stem + ".key",
            ["SLUICE_LINK_CA"] = (trusted ?? this).AuthorityFile,
        };
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }
}
