namespace Sluice.Configuration.Schema;

/// <summary>The options of supported guards, vaults, catalogs and stores.</summary>
internal static class ResourceSchemas
{
    /// <summary>The options of a resource type; null when anything goes.</summary>
    public static Shape? OptionsOf(string noun, string type) => (noun, type) switch
    {
        // config-core §4.3
        ("guard", "inline") => new ObjectShape(
            new Field("identity", Shape.Text),
            new Field("credentials", Shape.Text),
            new Field("format", Shape.FilledText)),

        // config-kafka §10.1
        ("catalog", "inline") => new ObjectShape(
            new Field("subjects", new MapShape(new ObjectShape(
                new Field("schema", Shape.FilledText, Required: true),
                new Field("version", Shape.FilledText))), Required: true)),
        _ => null,
    };
}
