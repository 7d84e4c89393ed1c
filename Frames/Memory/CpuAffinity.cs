using System.Runtime.InteropServices;

namespace Sluice.Frames.Memory;

/// <summary>Which CPUs threads may run on. Linux; elsewhere nothing is known and nothing is pinned.</summary>
internal static unsafe partial class CpuAffinity
{
    private const int MaskBytes = 128; // 1,024 CPUs: the size the C library uses.

    /// <summary>CPUs the calling thread may use, in order: what cpuset, taskset or a container left. Empty where the system does not say.</summary>
    public static IReadOnlyList<int> Allowed()
    {
        var cpus = new List<int>();
        byte* mask = stackalloc byte[MaskBytes];
        new Span<byte>(mask, MaskBytes).Clear();
        if (OperatingSystem.IsLinux() && sched_getaffinity(0, MaskBytes, mask) >= 0)
        {
            for (int cpu = 0; cpu < MaskBytes * 8; cpu++)
            {
                if ((mask[cpu >> 3] & (1 << (cpu & 7))) != 0)
                {
                    cpus.Add(cpu);
                }
            }
        }

        return cpus;
    }

    /// <summary>Lets the calling thread run on one CPU only. Threads that the runtime makes later are not bound by it.</summary>
    public static bool TryPin(int cpu) => TryRestrict([cpu]);

    /// <summary>Lets the calling thread run on these CPUs only.</summary>
    public static bool TryRestrict(IEnumerable<int> cpus)
    {
        byte* mask = stackalloc byte[MaskBytes];
        new Span<byte>(mask, MaskBytes).Clear();
        foreach (int cpu in cpus)
        {
            mask[cpu >> 3] |= (byte)(1 << (cpu & 7));
        }

        return OperatingSystem.IsLinux() && sched_setaffinity(0, MaskBytes, mask) == 0;
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int sched_getaffinity(int thread, nuint bytes, byte* mask);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int sched_setaffinity(int thread, nuint bytes, byte* mask);
}
