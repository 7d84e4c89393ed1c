namespace Sluice.Configuration.Graph;

/// <summary>What a namespace wants counted and where it goes (config-core §6.1).</summary>
/// <param name="Attributes">Facts about the whole: name and value, in order.</param>
/// <param name="Metrics">The enabled metric names.</param>
/// <param name="Exporters">Where to.</param>
public sealed record TelemetryConfiguration(
    IReadOnlyList<KeyValuePair<string, string>> Attributes,
    IReadOnlyList<string> Metrics,
    IReadOnlyList<ExporterConfiguration> Exporters);
