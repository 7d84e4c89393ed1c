namespace Sluice.Frames.Links;

/// <summary>Names of ring files, and what becomes of those whose process was killed before both sides had mapped them.</summary>
/// <remarks>
/// A ring file has a name for the moment of the hand-shake only. Whoever has it open holds a shared lock on it, in any container that sees
/// the same files; a file that can be locked alone belongs to nobody who lives.
/// </remarks>
internal static class RingFiles
{
    private const string Pattern = "sluice-*.ring";

    public static string NewPath(string runDirectory) =>
        Path.Combine(Folder(runDirectory), $"sluice-{Environment.ProcessId}-{Guid.NewGuid():N}.ring");

    /// <summary>Removes what dead processes of this user left. At the start of a process with links.</summary>
    public static void SweepDead(string runDirectory)
    {
        foreach (string path in Directory.GetFiles(Folder(runDirectory), Pattern))
        {
            try
            {
                using var alone = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
                File.Delete(path);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // In use, or gone already, or of another user.
            }
        }
    }

    public static string Folder(string runDirectory) => Directory.Exists("/dev/shm") ? "/dev/shm" : runDirectory;
}
