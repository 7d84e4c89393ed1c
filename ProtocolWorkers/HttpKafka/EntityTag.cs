using Sluice.Frames.Extensions;
using Sluice.ProtocolWorkers.Encodings;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>What clients hand back in <c>if-none-match</c> (config-kafka §4.8 rule 5, §4.9 rule 4).</summary>
internal static class EntityTag
{
    /// <summary>The tag inside its wrapping: <c>abc</c>, <c>"abc"</c> and <c>W/"abc"</c> all give <c>abc</c>.</summary>
    public static ReadOnlySpan<byte> Unwrap(ReadOnlySpan<byte> value)
    {
        value = value.Trim((byte)' ');
        ReadOnlySpan<byte> quoted = value.StartsWith("W/\""u8) ? value[2..] : value;
        return quoted.Length >= 2 && quoted[0] == '"' && quoted[^1] == '"' ? quoted[1..^1] : value;
    }

    /// <summary>Reads where to resume: the part before the first <c>/</c>. Anything malformed counts as absent.</summary>
    public static bool TryReadProgress(ReadOnlySpan<byte> value, Span<PartitionOffset> entries, out int count)
    {
        ReadOnlySpan<byte> tag = Unwrap(value);
        int slash = tag.IndexOf((byte)'/');
        return ProgressVector.TryDecode(slash < 0 ? tag : tag[..slash], entries, out count);
    }
}
