namespace Sluice.Catalog.Registries;

/// <summary>A source of schemas (reference config-kafka §10). Any thread may call it.</summary>
public interface ICatalog
{
    /// <summary>The id of a subject's schema; null when there is no such subject.</summary>
    /// <param name="subject">The subject.</param>
    /// <param name="version">The version, "latest" for the newest.</param>
    /// <param name="cancellationToken">Signalled when nobody waits any more.</param>
    ValueTask<int?> ResolveAsync(string subject, string version, CancellationToken cancellationToken);

    /// <summary>The schema of an id; null when there is no such id.</summary>
    ValueTask<Schema?> ResolveAsync(int schemaId, CancellationToken cancellationToken);
}

/// <summary>A schema.</summary>
/// <param name="Text">The text.</param>
/// <param name="Type">"avro", "json", "protobuf"; empty when the catalog does not know.</param>
public sealed record Schema(string Text, string Type);
