using System.Numerics;
using System.Text;

namespace Sluice.Catalog.Registries;

/// <summary>
/// Schemas written in the configuration itself. An id is the CRC-32C of the schema's text, so every process that loads the same file
/// knows the same ids; there is one version per subject, whatever version is asked for (reference config-kafka §10.5, §10.6).
/// </summary>
internal sealed class InlineCatalog : ICatalog
{
    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);
    private readonly Dictionary<int, Schema> _schemas = [];

    /// <summary>Takes the schema texts by subject.</summary>
    public InlineCatalog(IEnumerable<KeyValuePair<string, string>> subjects)
    {
        foreach ((string subject, string text) in subjects)
        {
            int id = IdOf(text);
            _ids[subject] = id;
            _schemas[id] = new Schema(text, "");
        }
    }

    public ValueTask<int?> ResolveAsync(string subject, string version, CancellationToken cancellationToken) =>
        new(_ids.TryGetValue(subject, out int id) ? id : null);

    public ValueTask<Schema?> ResolveAsync(int schemaId, CancellationToken cancellationToken) => new(_schemas.GetValueOrDefault(schemaId));

    /// <summary>CRC-32C (Castagnoli, RFC 3720 §12.1) of the UTF-8 bytes.</summary>
    internal static int IdOf(string text)
    {
        uint crc = uint.MaxValue;
        foreach (byte octet in Encoding.UTF8.GetBytes(text))
        {
            crc = BitOperations.Crc32C(crc, octet);
        }

        return unchecked((int)~crc);
    }
}
