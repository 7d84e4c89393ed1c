using System.Diagnostics;
using System.Globalization;
using Sluice.Frames.Memory;

namespace Sluice.Frames;

// What an engine still holds (promise P9): slots, streams, credit, budgets and descriptors are back where they started once nothing is open.
public sealed partial class FrameEngine
{
    private const int StreamsListedMax = 10;

    /// <summary>What is open or held now, a line each with its owner; empty when all is quiet. Engine thread, or before and after it runs.</summary>
    public IReadOnlyList<string> FindLeaks() =>
    [
        .. _ends.SelectMany(end => end.Ports).Take(StreamsListedMax).Select(port => port.Describe()),
        .. _ends.Sum(end => end.StreamCount) is > StreamsListedMax and int count ? (string[])[$"{count - StreamsListedMax} more streams"] : [],
        .. Slots.Leaks(),
        .. Memory.Leaks(),
        .. Budgets.Count > 0 ? (string[])[string.Create(CultureInfo.InvariantCulture, $"{Budgets.Count} budgets of shared credit")] : [],
        .. _ends.Sum(end => end.LentBytes) is > 0 and long lent ? (string[])[string.Create(CultureInfo.InvariantCulture, $"{lent} bytes of shared credit lent over links")] : [],
        .. Poller is { Count: > 0 } poller ? (string[])[string.Create(CultureInfo.InvariantCulture, $"{poller.Count} watched descriptors")] : [],
    ];

    private void CloseMemory()
    {
        ReportLeaks();
        foreach (LinkEnd end in _ends)
        {
            Memory.Give(MemoryUser.Rings, end == _local ? LocalRingBytes : end.RingBytes);
        }

        Memory.Close();
    }

    // Every stream has been told by now, so whatever is left was forgotten by its owner.
    [Conditional("DEBUG")]
    private void ReportLeaks()
    {
        if (FindLeaks() is { Count: > 0 } leaks)
        {
            Observer.OnLeaks(this, leaks);
        }
    }
}
