using System.Globalization;
using System.Net;
using System.Net.Sockets;

[assembly: Xunit.AssemblyFixture(typeof(Sluice.Testing.DescriptorLeaks))]

namespace Sluice.Testing;

/// <summary>Promise P9 for a whole assembly: once its tests are through, this process has no socket, pipe, poller or temporary file more open than before.</summary>
/// <remarks>Compiled into every test project. Tests of one assembly run side by side, so a single one cannot be asked.</remarks>
public sealed class DescriptorLeaks : IAsyncDisposable
{
    private const int DeadlineMs = 10_000; // What was disposed of may close on a thread of the pool, or with the collector.

    private readonly Dictionary<string, int> _before;

    /// <summary>Counts what the runtime has open.</summary>
    public DescriptorLeaks()
    {
        OpenWhatTheRuntimeKeeps();
        _before = Count();
    }

    /// <summary>Fails when something is left.</summary>
    public async ValueTask DisposeAsync()
    {
        long deadline = Environment.TickCount64 + DeadlineMs;
        string left;
        while ((left = Describe()).Length > 0)
        {
            if (Environment.TickCount64 > deadline)
            {
                throw new InvalidOperationException($"descriptors that are still open after all tests: {left}");
            }

            GC.Collect();
            GC.WaitForPendingFinalizers();
            await Task.Delay(20);
        }
    }

    private string Describe()
    {
        Dictionary<string, int> now = Count();
        return string.Join("; ", now.Where(kind => kind.Value > _before.GetValueOrDefault(kind.Key))
            .Select(kind => string.Create(CultureInfo.InvariantCulture, $"{kind.Value - _before.GetValueOrDefault(kind.Key)} more of {kind.Key}")));
    }

    private static Dictionary<string, int> Count()
    {
        var kinds = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string link in OperatingSystem.IsLinux() ? Directory.GetFiles("/proc/self/fd") : [])
        {
            if (KindOf(link) is { } kind)
            {
                kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
            }
        }

        return kinds;
    }

    // A copy of each standard stream, and a poller with the first asynchronous call on a socket.
    private static void OpenWhatTheRuntimeKeeps()
    {
        Console.Out.Flush();
        Console.Error.Flush();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.Listen();
        _ = socket.AcceptAsync();
    }

    // Sockets and pipes have numbers, which say nothing; code is mapped for good.
    private static string? KindOf(string link)
    {
        string? target;
        try
        {
            target = new FileInfo(link).LinkTarget;
        }
        catch (IOException)
        {
            return null; // The one that lists them.
        }

        return target switch
        {
            null => null,
            _ when target.StartsWith("socket:", StringComparison.Ordinal) => "socket",
            _ when target.StartsWith("pipe:", StringComparison.Ordinal) => "pipe",
            _ when Path.GetExtension(target) is ".dll" or ".pdb" or ".so" || target.StartsWith("/proc/", StringComparison.Ordinal) => null,
            _ => target,
        };
    }
}
