using Sluice.Frames.Memory;

namespace Sluice.Frames;

// What few streams ever have is kept apart, so that the many others cost less: design.md §8 counts the bytes of ten thousand idle ones.
public sealed partial class StreamPort
{
    private RareFields? _rare;

    /// <summary>Asks that related streams share one engine; sent with BEGIN.</summary>
    public long Affinity
    {
        get => _rare?.Affinity ?? 0;
        init
        {
            if (value != 0)
            {
                Rare.Affinity = value;
            }
        }
    }

    /// <summary>Smallest useful window for a piece that cannot be split, in bytes.</summary>
    public int MinimumBytes => _rare?.OutMinimum ?? 0;

    /// <summary>What the other side understands; bit 0: CHALLENGE.</summary>
    public int Capabilities => _rare?.OutCapabilities ?? 0;

    private DirectionCounters OutCounters => IsOpener ? _counters : _counters.Reply;

    private DirectionCounters InCounters => IsOpener ? _counters.Reply : _counters;

    private long OutBudgetId => _rare?.OutBudgetId ?? 0;

    private Budget? OutBudget => _rare?.OutBudget;

    private long InBudgetId => _rare?.InBudgetId ?? 0;

    private int InMinimum => _rare?.InMinimum ?? 0;

    private int InCapabilities => _rare?.InCapabilities ?? 0;

    private int InOwnPadding => _rare?.InOwnPadding ?? 0;

    private RareFields Rare => _rare ??= new RareFields();

    // What we say of the direction that comes in, beyond its size and padding.
    private void SetInTerms(int minimumBytes, int capabilities, long budgetId, int ownPaddingBytes)
    {
        if (_rare is not null || minimumBytes != 0 || capabilities != 0 || budgetId != 0 || ownPaddingBytes != 0)
        {
            Rare.InMinimum = minimumBytes;
            Rare.InCapabilities = capabilities;
            Rare.InBudgetId = budgetId;
            Rare.InOwnPadding = ownPaddingBytes;
        }
    }

    // What we hear of ours.
    private void SetOutTerms(int minimumBytes, int capabilities)
    {
        if (_rare is not null || minimumBytes != 0 || capabilities != 0)
        {
            Rare.OutMinimum = minimumBytes;
            Rare.OutCapabilities = capabilities;
        }
    }

    private sealed class RareFields
    {
        public long Affinity;
        public int OutMinimum;
        public int OutCapabilities;
        public int InMinimum;
        public int InCapabilities;
        public int InOwnPadding;
        public long InBudgetId;
        public long OutBudgetId;
        public Budget? OutBudget;
        public long OutPrepaid;
        public int OutWanted;
        public long LastCancelId;
    }
}
