using System.Globalization;

namespace Sluice.Edge.Transport;

/// <summary>How many descriptors this process may have open, and how many of them connections of clients may be. Linux; elsewhere unknown.</summary>
/// <remarks>
/// A process without descriptors serves nobody and cannot say why: it opens no link, no file and no name lookup. So connections stop
/// short of the limit. The runtime has raised the soft limit to the hard one before our first line runs.
/// </remarks>
internal static class Descriptors
{
    /// <summary>
    /// What stays free for others: 48 for libraries that load with the first gRPC link or lookup; 48 for links, a socket, a ring and a bell for
    /// each pair of engines of rooms that come later; 16 for probes and metrics on the admin address; 16 for connections that
    /// are accepted only to be closed, name lookups and files.
    /// </summary>
    public const int Reserve = 48 + 48 + 16 + 16;

    /// <summary>Connections that clients may have, given what is open now; null where the system does not tell.</summary>
    public static (int Connections, int Limit)? Room() =>
        OperatingSystem.IsLinux() && LimitIn(File.ReadLines("/proc/self/limits")) is { } limit
            ? (limit - Directory.GetFiles("/proc/self/fd").Length - Reserve, limit)
            : null;

    // Max open files            1024                 1048576              files        (soft, hard; proc(5))
    internal static int? LimitIn(IEnumerable<string> lines)
    {
        const string Name = "Max open files";
        string? line = lines.FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
        string? soft = line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return int.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) ? limit : null; // "unlimited", too
    }
}
