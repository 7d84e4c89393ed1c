using System.Diagnostics;

namespace Sluice.Frames;

/// <summary>The clock that turns are timed with: monotonic nanoseconds. Engine code takes <see cref="FrameEngine.NowNs"/> and never looks here.</summary>
internal static class EngineClock
{
    private const long NsPerSecond = 1_000_000_000;

    public static long NowNs => Stopwatch.Frequency == NsPerSecond
        ? Stopwatch.GetTimestamp()
        : (long)(Stopwatch.GetTimestamp() * ((double)NsPerSecond / Stopwatch.Frequency));
}
