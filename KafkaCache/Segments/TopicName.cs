namespace Sluice.KafkaCache.Segments;

/// <summary>What Kafka takes for a topic's name. Any other can never exist, so nobody should wait for it.</summary>
public static class TopicName
{
    /// <summary>Longest name, in bytes: Kafka's own limit, a file name less what partitions add.</summary>
    public const int BytesMax = 249;

    /// <summary>Kafka's error code for a name that it does not take.</summary>
    public const int InvalidTopicError = 17;

    /// <summary>True for 1 to 249 letters, digits, dots, underscores and dashes, but not "." or "..".</summary>
    public static bool IsValid(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.Length > BytesMax || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
        {
            return false;
        }

        foreach (byte c in name)
        {
            if (!char.IsAsciiLetterOrDigit((char)c) && c is not ((byte)'.' or (byte)'_' or (byte)'-'))
            {
                return false;
            }
        }

        return true;
    }
}
