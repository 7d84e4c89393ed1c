using System.Globalization;
using Sluice.Frames.Memory;

namespace Sluice.Frames;

/// <summary>How many engines a service has, where they run, and when one counts as stalled: the same settings for every room.</summary>
/// <remarks>
/// <list type="table">
/// <item><term>SLUICE_ROOM_ENGINES</term><description>Engines, 1 to 64. By default one for each core that the process may use: the runtime's
/// count, which is the smallest of the cores there are, the affinity mask or cpuset, and the quota of the container (cpu.max) rounded up.
/// With CPUS, one for each CPU named.</description></item>
/// <item><term>SLUICE_ROOM_CPUS</term><description>CPUs to pin engines to, in turn, as in <c>0-3,6</c>; Linux. By default none is pinned:
/// rooms share a machine, and the system spreads them better than a fixed choice.</description></item>
/// <item><term>SLUICE_ENGINE_STALL_MS</term><description>A turn that lasts longer is reported, 1 to 3,600,000 ms; 0 for never. 200 by default: a
/// client notices such a pause, and no honest handler comes near it.</description></item>
/// </list>
/// ROOM is EDGE, WORKERS or CACHE.
/// </remarks>
/// <param name="Count">Engines, from 1 to 64.</param>
/// <param name="Cpus">CPUs to pin them to, in turn; empty for none.</param>
/// <param name="StallMs">When a turn counts as a stall; 0 for never.</param>
public sealed record EngineSettings(int Count, IReadOnlyList<int> Cpus, int StallMs)
{
    /// <summary>The most engines of a process: links name an engine in six bits.</summary>
    public const int CountMax = 64;

    /// <summary>When a turn counts as a stall unless a setting says so.</summary>
    public const int StallMsUsual = 200;

    private const int StallMsMax = 3_600_000;

    /// <summary>Reads the settings of a room.</summary>
    /// <param name="environment">A variable's value; null or empty when it is not set.</param>
    /// <param name="room">The room's word in names of settings, for instance <c>EDGE</c>.</param>
    /// <param name="countMax">No more than this many by default.</param>
    /// <exception cref="FormatException">A setting makes no sense; the message names it and says what it must be.</exception>
    public static EngineSettings Read(Func<string, string?> environment, string room, int countMax = CountMax)
    {
        int[] cpus = ReadCpus(environment, $"SLUICE_{room}_CPUS");
        int usual = cpus.Length > 0 ? Math.Min(cpus.Length, CountMax) : Math.Clamp(Environment.ProcessorCount, 1, countMax);
        return new EngineSettings(
            ReadNumber(environment, $"SLUICE_{room}_ENGINES", 1, CountMax, usual),
            cpus,
            ReadNumber(environment, "SLUICE_ENGINE_STALL_MS", 0, StallMsMax, StallMsUsual));
    }

    private static int ReadNumber(Func<string, string?> environment, string name, int min, int max, int usual)
    {
        string? text = environment(name);
        if (string.IsNullOrWhiteSpace(text))
        {
            return usual;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max
            ? number
            : throw new FormatException($"{name} is '{text}'; it must be a whole number from {min} to {max}");
    }

    // 0-3,6: as taskset and cpuset write it. The order given is the order of the engines.
    private static int[] ReadCpus(Func<string, string?> environment, string name)
    {
        string? text = environment(name);
        if (string.IsNullOrWhiteSpace(text))
        {
            return [];
        }

        IReadOnlyList<int> allowed = CpuAffinity.Allowed();
        if (allowed.Count == 0)
        {
            throw new FormatException($"{name} is '{text}', but engines can be pinned on Linux only; leave it out");
        }

        var cpus = new List<int>();
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-', 2);
            if (!TryNumber(ends[0], out int first) || !TryNumber(ends[^1], out int last) || last < first)
            {
                throw new FormatException($"{name} is '{text}'; it must list CPUs, for instance 0-3,6");
            }

            cpus.AddRange(Enumerable.Range(first, last - first + 1));
        }

        int missing = cpus.FindIndex(cpu => !allowed.Contains(cpu));
        return missing < 0
            ? [.. cpus.Distinct()]
            : throw new FormatException($"{name} is '{text}', but this process may not use CPU {cpus[missing]}; it may use {string.Join(',', allowed)}");
    }

    private static bool TryNumber(string text, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number < 1024;
}
