using Sluice.Frames.Memory;

namespace Sluice.Frames;

// Credit is memory that may be needed: a window counts in the budget of the process from the moment it is granted until its direction is over,
// then what arrived and has not been dealt with. A window shared with another direction is not counted here: it holds nothing.
public sealed partial class StreamPort
{
    /// <summary>What an end costs besides its credit, in bytes: twice what <c>bench/run streams</c> measures with small handlers.</summary>
    internal const int Bytes = 512;

    private int _inCharged;

    /// <summary>Who it is, for a report.</summary>
    internal string Describe() =>
        $"stream {ConversationId} {(IsOpener ? "opened to" : "accepted for")} binding {RoutedId:x16} by {_handler.GetType().Name} ({_state})";

    /// <summary>Counts the window that is granted now.</summary>
    private void ChargeCredit() => Charge(_inMaximum);

    /// <summary>Counts nothing any more.</summary>
    internal void ReleaseCredit() => Charge(0);

    // The direction is over: nothing more can arrive, what arrived may still be held.
    private void ChargeHeld() => Charge((int)Math.Min(_inCharged, UnacknowledgedBytes));

    private void Charge(int bytes)
    {
        int change = bytes - _inCharged;
        _inCharged = bytes;
        if (change > 0)
        {
            Engine.Memory.Take(MemoryUser.Credit, change);
        }
        else if (change < 0)
        {
            Engine.Memory.Give(MemoryUser.Credit, -change);
        }
    }
}
