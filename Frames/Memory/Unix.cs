using System.Runtime.InteropServices;

namespace Sluice.Frames.Memory;

/// <summary>The few system calls that the base library has no face for.</summary>
internal static unsafe partial class Unix
{
    public const short PollIn = 1;

    private const int ReadWrite = 2;
    private const int LockExclusive = 2;
    private const int Interrupted = 4;

    private static readonly int NonBlocking = OperatingSystem.IsMacOS() ? 0x0004 : 0x0800;
    private static readonly int CloseOnExec = OperatingSystem.IsMacOS() ? 0x1000000 : 0x80000;

    public static bool MakeFifo(string path) => mkfifo(path, 0x180 /* 0600 */) == 0;

    /// <summary>Opens for reading and writing, so that neither a missing reader nor a missing writer matters.</summary>
    public static int OpenFifo(string path) => open(path, ReadWrite | NonBlocking | CloseOnExec);

    /// <summary>A descriptor that does nothing but exist.</summary>
    public static int OpenNothing() => open("/dev/null", ReadWrite | CloseOnExec);

    /// <summary>Opens a directory and waits until no other process has it locked; closing lets go. Below 0 when it cannot be had.</summary>
    public static int LockDirectory(string path)
    {
        int descriptor = open(path, CloseOnExec);
        while (descriptor >= 0 && flock(descriptor, LockExclusive) != 0)
        {
            if (Marshal.GetLastPInvokeError() != Interrupted)
            {
                Close(descriptor);
                return -1;
            }
        }

        return descriptor;
    }

    public static void Close(int descriptor) => _ = close(descriptor);

    public static void WriteByte(int descriptor)
    {
        byte one = 1;
        _ = write(descriptor, &one, 1);
    }

    public static nint Read(int descriptor, Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            return read(descriptor, pointer, (nuint)buffer.Length);
        }
    }

    /// <summary>Waits until there is something to read. Returns false when the time is up.</summary>
    public static bool PollRead(int descriptor, int timeoutMs)
    {
        var entry = new PollEntry { Descriptor = descriptor, Events = PollIn };
        return poll(&entry, 1, timeoutMs) > 0;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int mkfifo(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int flock(int descriptor, int operation);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int close(int descriptor);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint write(int descriptor, byte* buffer, nuint bytes);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint read(int descriptor, byte* buffer, nuint bytes);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int poll(PollEntry* entries, nuint count, int timeoutMs);
}
