using Sluice.Configuration.Graph;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Tests;

/// <summary>Short ways to load text and read what came of it. No test sees the environment of the machine.</summary>
internal static class Loading
{
    public const string File = "gw.yaml";

    public static LoadResult Load(string text, params (string Name, string Value)[] environment) =>
        ConfigurationLoader.LoadText(
            text, File, name => Array.Find(environment, pair => pair.Name == name) is { Name: not null } pair ? pair.Value : null);

    /// <summary>The graph; fails with the findings when there is none.</summary>
    public static GatewayConfiguration Graph(string text, params (string Name, string Value)[] environment)
    {
        LoadResult result = Load(text, environment);
        Assert.True(result.Configuration is not null, string.Join('\n', result.Errors));
        return result.Configuration!;
    }

    /// <summary>Every error as printed.</summary>
    public static string[] Errors(string text) => Printed(Load(text).Errors);

    /// <summary>Every warning as printed.</summary>
    public static string[] Warnings(string text) => Printed(Load(text).Warnings);

    /// <summary>The one error there must be.</summary>
    public static string OnlyError(string text) => Assert.Single(Errors(text));

    /// <summary>The one warning there must be, of a file that loads.</summary>
    public static string OnlyWarning(string text)
    {
        Assert.Empty(Errors(text));
        return Assert.Single(Warnings(text));
    }

    private static string[] Printed(IReadOnlyList<Diagnostic> diagnostics) => [.. diagnostics.Select(diagnostic => diagnostic.ToString())];
}
