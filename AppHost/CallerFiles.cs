namespace Sluice.AppHost;

/// <summary>Finds files where the person at the console means them.</summary>
internal static class CallerFiles
{
    /// <summary>The folder of the suite: the nearest above this program that holds Suite.sln, else the working directory.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// A file relative to where the command was typed. <c>dotnet run</c> may move to the project's folder first; the shell's PWD still
    /// says where it was called.
    /// </summary>
    /// <returns>The absolute path, or null when there is no such file.</returns>
    public static string? Find(string path) => Existing(Path.GetFullPath(path))
        ?? (Environment.GetEnvironmentVariable("PWD") is { Length: > 0 } shell && Path.IsPathRooted(shell)
            ? Existing(Path.GetFullPath(path, shell))
            : null);

    /// <summary>The path if there is such a file, else null.</summary>
    public static string? Existing(string path) => File.Exists(path) ? path : null;

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Suite.sln")))
            {
                return folder.FullName;
            }
        }

        return Directory.GetCurrentDirectory();
    }
}
