namespace Sluice.Frames.Links;

/// <summary>Files of the run directory, which whoever made it may have removed as a whole already.</summary>
internal static class RunFile
{
    /// <summary>True for a plain name with this ending directly in the directory. What a peer says is a name, not an order.</summary>
    public static bool IsIn(string directory, string? path, string ending) =>
        path is not null && path.EndsWith(ending, StringComparison.Ordinal) && !path.Contains('\0', StringComparison.Ordinal)
        && Path.GetDirectoryName(path) is { Length: > 0 } folder
        && Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) == Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));

    public static void Delete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (DirectoryNotFoundException)
        {
            // Gone with its directory.
        }
    }

    /// <summary>Removes what a dead process of the same name left.</summary>
    public static void DeleteAll(string directory, string pattern)
    {
        foreach (string path in Directory.GetFiles(directory, pattern))
        {
            Delete(path);
        }
    }
}
