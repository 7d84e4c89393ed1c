using System.CommandLine;
using Sluice.Configuration;
using Sluice.Configuration.Graph;

namespace Sluice.Cli;

/// <summary>Names for the ids in frames and counters: from the configuration when there is one, else the ids themselves.</summary>
internal sealed class BindingNames
{
    private readonly GatewayConfiguration? _configuration;

    public BindingNames(GatewayConfiguration? configuration) => _configuration = configuration;

    /// <summary>Bindings of the configuration, in the order of the file; none without one.</summary>
    public IReadOnlyList<BindingConfiguration> Bindings => _configuration?.Bindings ?? [];

    public static Option<string?> CreateOption() => new("--config", "-c")
    {
        Description = "the configuration the suite runs, for names; otherwise SLUICE_CONFIG",
        HelpName = "FILE",
    };

    /// <summary>Loads the configuration that is named; null when it is refused (findings are on <paramref name="error"/>).</summary>
    public static BindingNames? Load(string? file, Func<string, string?> environment, TextWriter error)
    {
        file ??= Environment.GetEnvironmentVariable("SLUICE_CONFIG");
        if (string.IsNullOrWhiteSpace(file))
            return new BindingNames(null);
        LoadResult result = ConfigurationLoader.Load(file, environment);
        foreach (Configuration.Text.Diagnostic diagnostic in result.Errors)
            error.WriteLine(diagnostic);
        return result.Configuration is null ? null : new BindingNames(result.Configuration);
    }

    /// <summary>Namespace and name of a binding; a dash and the id in hexadecimal when no configuration says them.</summary>
    public (string Namespace, string Name) this[long id] => _configuration?.Find(id) switch
    {
        { } binding => (binding.Namespace, binding.Name),
        null when id == -1 => ("-", "others"),
        null => ("-", $"{id:x16}"),
    };

    /// <summary>The ids of <c>namespace.name</c> (or <c>namespace:name</c>, or an id in hexadecimal); null when it cannot be one.</summary>
    public static long? Parse(string text)
    {
        int split = text.IndexOfAny([':', '.']);
        if (split > 0 && split < text.Length - 1)
            return Labels.Id(text[..split], text[(split + 1)..]);
        return text.Length == 16 && long.TryParse(text, System.Globalization.NumberStyles.HexNumber, null, out long id) ? id : null;
    }
}
