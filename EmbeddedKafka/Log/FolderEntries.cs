using System.Runtime.InteropServices;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>The names in a folder, put on the disk: a new file whose content was flushed can still lose its name to a power cut.</summary>
/// <remarks>.NET opens no folders, so this asks the C library (open(2), fsync(2)). Elsewhere than on Unix it does nothing.</remarks>
internal static class FolderEntries
{
    // Filesystems that cannot flush a folder say so with EINVAL; those keep names by their own rules.
    private const int InvalidArgument = 22;

    /// <exception cref="IOException">The folder could not be opened or flushed.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        int descriptor = Open([.. System.Text.Encoding.UTF8.GetBytes(folder), 0], 0);
        if (descriptor < 0)
        {
            throw Failure(folder, Marshal.GetLastPInvokeError());
        }

        int failure = FileSync(descriptor) == 0 ? 0 : Marshal.GetLastPInvokeError();
        _ = Close(descriptor);
        if (failure is not (0 or InvalidArgument))
        {
            throw Failure(folder, failure);
        }
    }

    private static IOException Failure(string folder, int error) =>
        new($"the folder {folder} could not be flushed to disk: {Marshal.GetPInvokeErrorMessage(error)}");

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open(byte[] path, int flags);

    [DllImport("libc", EntryPoint = "fsync", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int FileSync(int descriptor);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
