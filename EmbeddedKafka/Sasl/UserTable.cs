using System.Security.Cryptography;
using System.Text;

namespace Sluice.EmbeddedKafka.Sasl;

/// <summary>Who may connect. Without users everybody may, and SASL is not asked for.</summary>
internal sealed class UserTable
{
    public const string Plain = "PLAIN", Scram256 = "SCRAM-SHA-256", Scram512 = "SCRAM-SHA-512";

    public static readonly string[] Mechanisms = [Plain, Scram256, Scram512];

    private readonly Dictionary<string, (byte[] Digest, ScramCredential Sha256, ScramCredential Sha512)> _users = [];
    private readonly ScramCredential _nobody256 = new(HashAlgorithmName.SHA256, Guid.NewGuid().ToString());
    private readonly ScramCredential _nobody512 = new(HashAlgorithmName.SHA512, Guid.NewGuid().ToString());

    public UserTable(IReadOnlyDictionary<string, string> passwords)
    {
        foreach (var (name, password) in passwords)
        {
            _users[name] = (Digest(password), new(HashAlgorithmName.SHA256, password), new(HashAlgorithmName.SHA512, password));
        }
    }

    public bool IsRequired => _users.Count > 0;

    public bool MayEnter(string user, string password)
    {
        bool known = _users.TryGetValue(user, out var found);
        return CryptographicOperations.FixedTimeEquals(Digest(password), known ? found.Digest : new byte[32]) && known;
    }

    /// <summary>The credential of a user; for somebody unknown one that nothing proves, so that names cannot be found out.</summary>
    public ScramCredential Credential(string user, string mechanism) => _users.TryGetValue(user, out var found)
        ? mechanism == Scram512 ? found.Sha512 : found.Sha256
        : mechanism == Scram512 ? _nobody512 : _nobody256;

    private static byte[] Digest(string password) => SHA256.HashData(Encoding.UTF8.GetBytes(password));
}
