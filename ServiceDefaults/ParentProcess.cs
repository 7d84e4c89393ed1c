using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Sluice.ServiceDefaults;

/// <summary>The process that started this one: whether it lives, and, where the kernel can tell, the moment of its end.</summary>
/// <remarks>
/// Linux since 5.3 hands out a descriptor that becomes readable when the process ends (pidfd_open(2)): nothing has to look every now
/// and then. Elsewhere: the kernel hands a child to another parent the moment its own dies, even while the dead one still waits to be
/// collected, so the parent's id is the best witness; a process started through a wrapper falls back on "is it still there".
/// </remarks>
internal sealed class ParentProcess : IDisposable
{
    private const int PidfdOpen = 434; // The same number on every architecture.
    private const short PollIn = 1;

    private readonly int _pid;
    private readonly bool _isDirect;
    private readonly int _descriptor;

    public ParentProcess(int pid)
    {
        _pid = pid;
        _isDirect = !OperatingSystem.IsWindows() && GetParentPid() == pid;
        _descriptor = OperatingSystem.IsLinux() ? (int)SystemCall(PidfdOpen, pid, 0) : -1;
    }

    /// <summary>True when <see cref="WaitForEnd"/> wakes at the end itself; false when somebody has to look.</summary>
    public bool CanWait => _descriptor >= 0;

    public bool IsGone => _isDirect ? GetParentPid() != _pid : !Exists(_pid);

    /// <summary>Sleeps until the process has ended or the time is up. Needs <see cref="CanWait"/>.</summary>
    /// <returns>Whether it has ended.</returns>
    public bool WaitForEnd(int timeoutMs)
    {
        var entry = new PollEntry { Descriptor = _descriptor, Events = PollIn };
        return Poll(ref entry, 1, timeoutMs) > 0;
    }

    public void Dispose()
    {
        if (_descriptor >= 0)
        {
            _ = Close(_descriptor);
        }
    }

    private static bool Exists(int pid)
    {
        try
        {
            using Process process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    [DllImport("libc", EntryPoint = "getppid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int GetParentPid();

    [DllImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint SystemCall(nint number, nint first, nint second);

    [DllImport("libc", EntryPoint = "poll")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Poll(ref PollEntry entries, nuint count, int timeoutMs);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int descriptor);
}
