using System.Security.Cryptography;
using System.Text;

namespace Sluice.EmbeddedKafka.Sasl;

/// <summary>What the server side of SCRAM needs to know of a password, and no more. Spec: RFC 5802 section 3.</summary>
internal sealed class ScramCredential
{
    /// <summary>4096 rounds, the least RFC 7677 allows and what Apache Kafka uses.</summary>
    public const int Iterations = 4096;

    private readonly HashAlgorithmName _hash;
    private readonly byte[] _storedKey;
    private readonly byte[] _serverKey;

    public ScramCredential(HashAlgorithmName hash, string password)
    {
        _hash = hash;
        Salt = RandomNumberGenerator.GetBytes(16);
        int size = hash == HashAlgorithmName.SHA512 ? 64 : 32;
        byte[] salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), Salt, Iterations, hash, size);
        _storedKey = CryptographicOperations.HashData(hash, Hmac(salted, "Client Key"u8));
        _serverKey = Hmac(salted, "Server Key"u8);
    }

    public byte[] Salt { get; }

    /// <summary>Whether the proof was made by somebody who knows the password.</summary>
    public bool Proves(ReadOnlySpan<byte> proof, ReadOnlySpan<byte> authMessage)
    {
        byte[] signature = Hmac(_storedKey, authMessage);
        if (proof.Length != signature.Length)
        {
            return false;
        }

        for (int i = 0; i < signature.Length; i++)
        {
            signature[i] ^= proof[i];
        }

        return CryptographicOperations.FixedTimeEquals(CryptographicOperations.HashData(_hash, signature), _storedKey);
    }

    /// <summary>What proves to the client that the server knows the credential too.</summary>
    public byte[] Sign(ReadOnlySpan<byte> authMessage) => Hmac(_serverKey, authMessage);

    private byte[] Hmac(byte[] key, ReadOnlySpan<byte> data) => CryptographicOperations.HmacData(_hash, key, data);
}
