using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Sluice.Frames.Memory;

// Files whose names come from another process.
internal static unsafe partial class Unix
{
    private const int NamesOwner = 0x1000;      // AT_EMPTY_PATH: the descriptor itself
    private const uint TypeModeAndOwner = 0xB;  // STATX_TYPE | STATX_MODE | STATX_UID
    private const int TypeMask = 0xF000;
    private const int PlainFile = 0x8000;

    private static readonly int NoLink = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    /// <summary>Opens a plain file of our own user for reading; not a link, a device or a fifo, and nothing that somebody else put there.</summary>
    public static bool TryOpenOwnFile(string path, [NotNullWhen(true)] out SafeFileHandle? file)
    {
        file = new SafeFileHandle(open(path, NoLink | NonBlocking | CloseOnExec), ownsHandle: true);
        if (!file.IsInvalid && IsOwnPlainFile((int)file.DangerousGetHandle()))
        {
            return true;
        }

        file.Dispose();
        file = null;
        return false;
    }

    private static bool IsOwnPlainFile(int descriptor)
    {
        var facts = default(FileFacts);
        try
        {
            return statx(descriptor, "", NamesOwner, TypeModeAndOwner, &facts) == 0 && (facts.Mode & TypeMask) == PlainFile && facts.OwnerId == geteuid();
        }
        catch (EntryPointNotFoundException)
        {
            return false; // A C library older than 2018 (musl: 2024): then nothing is mapped, and all is copied.
        }
    }

    // The first fields of struct statx, which is the same on every architecture; 256 bytes.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileFacts
    {
        [FieldOffset(20)]
        public uint OwnerId;

        [FieldOffset(28)]
        public ushort Mode;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int statx(int directory, string path, int flags, uint mask, FileFacts* facts);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint geteuid();
}
