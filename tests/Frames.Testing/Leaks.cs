namespace Sluice.Frames.Testing;

/// <summary>Promise P9: slots, streams, credit, budgets and descriptors are back where they started after any test.</summary>
public static class Leaks
{
    /// <summary>Fails when there is a line.</summary>
    /// <exception cref="InvalidOperationException">The lines.</exception>
    public static void AssertNone(string what, IReadOnlyCollection<string> lines)
    {
        if (lines.Count > 0)
        {
            throw new InvalidOperationException($"{what}: {string.Join("; ", lines)}");
        }
    }

    /// <summary>Waits until nothing is open on any engine of a group; fails with what is left when that takes too long.</summary>
    /// <param name="group">Still running.</param>
    /// <param name="deadlineMs">Real milliseconds.</param>
    public static async Task AssertNoneOpenAsync(EngineGroup group, int deadlineMs = 10_000)
    {
        long deadline = Environment.TickCount64 + deadlineMs;
        while (true)
        {
            IReadOnlyList<string>[] open = await Task.WhenAll(group.Engines.Select(FindAsync)).ConfigureAwait(false);
            if (open.All(lines => lines.Count == 0))
            {
                return;
            }

            if (Environment.TickCount64 > deadline)
            {
                AssertNone($"still open after {deadlineMs} ms", [.. open.SelectMany(lines => lines)]);
            }

            await Task.Delay(5).ConfigureAwait(false);
        }
    }

    /// <summary>Fails when this process has a file below a directory open (a bell, a ring, counters), or ring files of its own are left.</summary>
    /// <param name="directory">The run directory, once the engines have stopped.</param>
    public static void AssertNoFiles(string directory)
    {
        if (OperatingSystem.IsLinux())
        {
            AssertNone("files left", [.. Directory.GetFiles(directory), .. Directory.GetFiles("/proc/self/fd").Select(TargetOf).OfType<string>()
                .Where(target => target.StartsWith(directory + "/", StringComparison.Ordinal))]);
        }
    }

    private static string? TargetOf(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName;
        }
        catch (IOException)
        {
            return null; // Closed meanwhile by another test.
        }
    }

    private static Task<IReadOnlyList<string>> FindAsync(FrameEngine engine)
    {
        var found = new TaskCompletionSource<IReadOnlyList<string>>(TaskCreationOptions.RunContinuationsAsynchronously);
        engine.Post(() => found.TrySetResult(engine.FindLeaks()));
        return found.Task.WaitAsync(TimeSpan.FromSeconds(10));
    }
}
