namespace Sluice.Suite.Tests;

/// <summary>Where the sources and the built programs are.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The AppHost built in the same configuration as this test.</summary>
    public static string AppHost
    {
        get
        {
            string[] parts = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar).Split(Path.DirectorySeparatorChar);
            return Path.Combine([Root, "AppHost", .. parts[^4..], "Sluice.AppHost.dll"]); // bin/<mode>/<configuration>/<framework>
        }
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Suite.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException("Suite.sln was not found above the test");
    }
}
