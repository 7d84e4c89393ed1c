using Sluice.Configuration.Placement;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema;

/// <summary>Checks guards, vaults, catalogs, stores and exporters.</summary>
internal sealed class ResourceCheck(Findings findings)
{
    private static readonly ResourceSection[] Sections =
    [
        new("guards", "guard", ["jwt", "inline", "x509", "azure-ad", "aws-lambda"], SupportedTypes.Guards, ["type", "options", "store"]),
        new("vaults", "vault", ["filesystem", "aws-secrets", "aws-acm"], SupportedTypes.Vaults, ["type", "options"]),
        new(
            "catalogs",
            "catalog",
            [
                "inline", "filesystem", "schema-registry", "karapace", "karapace-schema-registry", "confluent-schema-registry",
                "apicurio", "apicurio-registry", "aws-glue",
            ],
            SupportedTypes.Catalogs,
            ["type", "vault", "options"]),
        new("stores", "store", ["memory"], SupportedTypes.Stores, ["type", "options"]),
    ];

    private static readonly ResourceSection Exporters = new(
        "exporters",
        "exporter",
        ["stdout", "prometheus", "otlp", "aws-cloudwatch", "syslog"],
        SupportedTypes.Exporters,
        ["type", "vault", "options"]);

    public void Run(ConfigNode document)
    {
        foreach (ResourceSection section in Sections)
            CheckSection(document.GetMap(section.Key), section, NodePath.Root.Key(section.Key));
        ConfigNode exporters = document.GetMap("telemetry").GetMap("exporters");
        CheckSection(exporters, Exporters, NodePath.Root.Key("telemetry").Key("exporters"));
    }

    private void CheckSection(ConfigNode map, ResourceSection section, NodePath path)
    {
        foreach (ConfigEntry entry in map.Entries)
            CheckResource(entry, section, path.Key(entry.Key));
    }

    private void CheckResource(ConfigEntry entry, ResourceSection section, NodePath path)
    {
        ConfigNode node = entry.Value;
        new ObjectShape(Array.ConvertAll(section.Keys, FieldOf)).Check(node, path, findings);
        if (node.Get("type") is not { Kind: ConfigNodeKind.Text } type)
            return;

        if (Array.IndexOf(section.Known, type.Text) < 0)
        {
            findings.Error(type.Position, $"unknown {section.Noun} type '{type.Text}'"
                + NearestWord.Hint(type.Text, section.Known, $" (known: {string.Join(", ", section.Known)})"));
        }
        else if (Array.IndexOf(section.Supported, type.Text) < 0)
        {
            RefuseForNow(entry, type, section);
        }
        else
        {
            ResourceSchemas.OptionsOf(section.Noun, type.Text)?.Check(node.Get("options") ?? ConfigNode.Map(node.Position, []),
                path.Key("options"), findings);
        }
    }

    private void RefuseForNow(ConfigEntry entry, ConfigNode type, ResourceSection section)
    {
        string supported = section.Supported.Length == 0 ? "none yet" : string.Join(", ", section.Supported);
        string message = $"{section.Noun} '{entry.Key}' is of type '{type.Text}', which this version does not support yet "
            + $"(supported: {supported})";
        if (section == Exporters)
            findings.Warning(type.Position, $"{message}: nothing is exported to it");
        else
            findings.Error(type.Position, message);
    }

    private static Field FieldOf(string key) => key switch
    {
        "type" => new Field(key, Shape.FilledText, Required: true),
        "options" => new Field(key, Shape.Any),
        _ => new Field(key, Shape.Reference),
    };

    private sealed record ResourceSection(string Key, string Noun, string[] Known, string[] Supported, string[] Keys);
}
