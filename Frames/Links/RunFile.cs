namespace Sluice.Frames.Links;

/// <summary>Files of the run directory, which whoever made it may have removed as a whole already.</summary>
internal static class RunFile
{
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
