using Sluice.Configuration.Graph;
using Sluice.Guard.Inline;
using Sluice.ServiceDefaults;

namespace Sluice.Guard.Hosting;

/// <summary>The guards of the configuration by qualified name: the one place that knows their types.</summary>
internal sealed class GuardTable
{
    private readonly Dictionary<string, IGuard> _guards;

    /// <summary>Builds every guard.</summary>
    /// <exception cref="ServiceStartException">One cannot be built from its options; all such mistakes are named.</exception>
    public GuardTable(GatewayConfiguration configuration)
    {
        _guards = new Dictionary<string, IGuard>(StringComparer.Ordinal);
        List<string> mistakes = [];
        foreach (GuardConfiguration guard in configuration.Guards)
        {
            try
            {
                _guards.Add(guard.QualifiedName, Create(guard));
            }
            catch (FormatException exception)
            {
                mistakes.Add($"{guard.Position}: guard {guard.QualifiedName}: {exception.Message}");
            }
        }

        if (mistakes.Count > 0)
        {
            throw ServiceStartException.Configuration(mistakes);
        }
    }

    /// <summary>How many there are.</summary>
    public int Count => _guards.Count;

    /// <summary>The guard of a qualified name, or null.</summary>
    public IGuard? Find(string qualifiedName) => _guards.GetValueOrDefault(qualifiedName);

    private static IGuard Create(GuardConfiguration guard) => guard.Type switch
    {
        "inline" => new InlineGuard(
            guard.Options.GetString("identity", null),
            guard.Options.GetString("credentials", null),
            guard.Options.GetString("format", null) is { } format ? new CredentialsFormat(format) : null),
        _ => throw new FormatException($"type '{guard.Type}' is not supported yet"),
    };
}
