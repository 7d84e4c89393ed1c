using System.Security.Cryptography;
using System.Text;

namespace Sluice.EmbeddedKafka.Sasl;

/// <summary>How far one connection is on its way in: mechanism chosen, challenge sent, or inside.</summary>
/// <remarks>PLAIN: <c>authzid NUL user NUL password</c> (RFC 4616). SCRAM: two messages each way (RFC 5802, 7677).</remarks>
internal sealed class SaslSession(UserTable users)
{
    private string? _mechanism;
    private ScramCredential? _credential;
    private string _clientFirstBare = "";
    private string _serverFirst = "";
    private string _nonce = "";

    public bool IsIn { get; private set; } = !users.IsRequired;

    public bool HasMechanism => _mechanism is not null;

    public bool TryChoose(string mechanism)
    {
        bool known = UserTable.Mechanisms.Contains(mechanism);
        _mechanism = known ? mechanism : null;
        _credential = null;
        return known;
    }

    /// <summary>Takes what the client says; gives what to answer, or null when it is turned away.</summary>
    public byte[]? Answer(byte[] token)
    {
        string text = Encoding.UTF8.GetString(token);
        if (_mechanism == UserTable.Plain)
        {
            string[] parts = text.Split('\0');
            IsIn = parts.Length == 3 && users.MayEnter(parts[1], parts[2]);
            return IsIn ? [] : null;
        }

        string? answer = _credential is null ? First(text) : Final(text);
        return answer is null ? null : Encoding.UTF8.GetBytes(answer);
    }

    // n,,n=user,r=clientNonce  ->  r=clientNonce+serverNonce,s=salt,i=4096
    private string? First(string text)
    {
        string[] parts = text.Split(',', 3);
        if (parts.Length < 3 || parts[0] is not ("n" or "y"))
        {
            return null;
        }

        _clientFirstBare = parts[2];
        string? user = Field(_clientFirstBare, "n="), nonce = Field(_clientFirstBare, "r=");
        if (user is null || nonce is null)
        {
            return null;
        }

        _credential = users.Credential(user.Replace("=2C", ",").Replace("=3D", "="), _mechanism!);
        _nonce = nonce + Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
        _serverFirst = $"r={_nonce},s={Convert.ToBase64String(_credential.Salt)},i={ScramCredential.Iterations}";
        return _serverFirst;
    }

    // c=biws,r=nonce,p=proof  ->  v=signature
    private string? Final(string text)
    {
        int proofAt = text.LastIndexOf(",p=", StringComparison.Ordinal);
        if (proofAt < 0 || Field(text, "r=") != _nonce || !TryBase64(text[(proofAt + 3)..], out byte[] proof))
        {
            return null;
        }

        byte[] authMessage = Encoding.UTF8.GetBytes($"{_clientFirstBare},{_serverFirst},{text[..proofAt]}");
        IsIn = _credential!.Proves(proof, authMessage);
        return IsIn ? "v=" + Convert.ToBase64String(_credential.Sign(authMessage)) : null;
    }

    private static string? Field(string message, string name) =>
        message.Split(',').FirstOrDefault(part => part.StartsWith(name, StringComparison.Ordinal))?[name.Length..];

    private static bool TryBase64(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length];
        bool ok = Convert.TryFromBase64String(text, bytes, out int size);
        bytes = bytes[..size];
        return ok;
    }
}
