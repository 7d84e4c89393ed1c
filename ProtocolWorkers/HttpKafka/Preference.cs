using System.Buffers.Text;
using System.Text;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>The request header <c>prefer</c> (RFC 7240), as far as we follow it.</summary>
internal static class Preference
{
    /// <summary>Longest wait that is honoured, in seconds: one hour, after which proxies on the way have long given up.</summary>
    public const int WaitSecondsMax = 3600;

    /// <summary>Seconds of <c>wait=N</c>, 0 when absent or not a number. Lists with <c>;</c> and with <c>,</c> are read alike.</summary>
    public static int ReadWaitSeconds(HeaderList headers)
    {
        foreach (Header header in headers)
        {
            if (header.Name.SequenceEqual("prefer"u8) && TryReadWait(header.Value, out int seconds))
            {
                return seconds;
            }
        }

        return 0;
    }

    private static bool TryReadWait(ReadOnlySpan<byte> value, out int seconds)
    {
        while (!value.IsEmpty)
        {
            int end = value.IndexOfAny((byte)';', (byte)',');
            ReadOnlySpan<byte> item = (end < 0 ? value : value[..end]).Trim((byte)' ');
            if (TryReadWaitItem(item, out seconds))
            {
                return true;
            }

            value = end < 0 ? default : value[(end + 1)..];
        }

        seconds = 0;
        return false;
    }

    //  wait=5    wait = 5    Wait="5"
    private static bool TryReadWaitItem(ReadOnlySpan<byte> item, out int seconds)
    {
        seconds = 0;
        int equals = item.IndexOf((byte)'=');
        if (equals < 0 || !Ascii.EqualsIgnoreCase(item[..equals].Trim((byte)' '), "wait"u8))
        {
            return false;
        }

        ReadOnlySpan<byte> digits = item[(equals + 1)..].Trim((byte)' ').Trim((byte)'"');
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        seconds = Utf8Parser.TryParse(digits, out int parsed, out _) ? Math.Min(parsed, WaitSecondsMax) : WaitSecondsMax;
        return true;
    }
}
