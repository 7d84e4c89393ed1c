using System.Globalization;

namespace Sluice.Frames;

/// <summary>Whether an engine without work should look a little longer or sleep at once: it learns from how soon work came lately.</summary>
/// <remarks>
/// Waking a sleeper costs two system calls, and tens of microseconds where its processor has to be woken too; looking costs a
/// processor. So an engine looks only while looking has paid: sleeps that turn out short switch it on, looks in vain, a long sleep or
/// a processor that others want (a look gave it away and got it back late) switch it off, each time for longer. Pure: it is told the
/// times. Engine thread.
/// </remarks>
internal sealed class SpinPolicy(int spinNsMax)
{
    /// <summary>The variable that says how long an engine may look, in microseconds.</summary>
    public const string Variable = "SLUICE_SPIN_US";

    /// <summary>A sleep shorter than this might have been a look: two wake-ups of a halted processor, here and at the peer.</summary>
    public const int ShortSleepNs = 150_000;

    /// <summary>A look that took this long has lent its processor to somebody who needs it.</summary>
    public const int CrowdedNs = 100_000;

    private const int FailuresMax = 4;
    private const int HoldOffMin = 4;
    private const int HoldOffMax = 4096;

    private int _failures;
    private int _holdOff = HoldOffMin; // Short sleeps to see before looking is tried again.
    private int _nextHoldOff = HoldOffMin;

    /// <summary>How long to look before the next sleep; 0 is not at all.</summary>
    public int SpinNs { get; private set; }

    /// <summary>Reads the setting, from 0 to 1000; nothing means <see cref="EngineThread.SpinUsUsual"/>.</summary>
    /// <exception cref="ArgumentException">It is no such number.</exception>
    public static int ReadUs(string? text) => string.IsNullOrEmpty(text)
        ? EngineThread.SpinUsUsual
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int us) && us <= 1000
            ? us
            : throw new ArgumentException($"{Variable} is '{text}'; it must be a whole number of microseconds from 0 to 1000");

    /// <summary>Work came while looking.</summary>
    public void OnFound()
    {
        _failures = 0;
        _nextHoldOff = Math.Max(HoldOffMin, _nextHoldOff - 1);
    }

    /// <summary>The processor is wanted by others.</summary>
    public void OnCrowded() => SwitchOff();

    /// <summary>Looking was in vain, or not tried; the engine slept.</summary>
    public void OnSlept(long sleptNs)
    {
        bool isShort = sleptNs < ShortSleepNs;
        if (SpinNs > 0)
        {
            if (++_failures >= FailuresMax)
            {
                SwitchOff();
            }
            else if (!isShort)
            {
                SpinNs = 0; // A pause; what came before it says nothing of what comes after.
                _holdOff = HoldOffMin;
            }
        }
        else if (isShort && --_holdOff <= 0)
        {
            SpinNs = spinNsMax;
            _failures = 0;
        }
    }

    private void SwitchOff()
    {
        SpinNs = 0;
        _failures = 0;
        _holdOff = _nextHoldOff;
        _nextHoldOff = Math.Min(HoldOffMax, _nextHoldOff * 2);
    }
}
