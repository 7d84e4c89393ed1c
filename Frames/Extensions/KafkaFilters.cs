namespace Sluice.Frames.Extensions;

/// <summary>Filters as they lie in an extension: filters are ORed, the conditions of one are ANDed, none means all (config-kafka §2.7).</summary>
public readonly ref struct KafkaFilters
{
    private KafkaFilters(int count, ReadOnlySpan<byte> encoded)
    {
        Count = count;
        Encoded = encoded;
    }

    /// <summary>How many filters.</summary>
    public int Count { get; }

    /// <summary>Count and filters as written, to be kept or passed on.</summary>
    public ReadOnlySpan<byte> Encoded { get; }

    /// <summary>The filters of encoded bytes that were kept.</summary>
    public static KafkaFilters FromEncoded(ReadOnlySpan<byte> encoded)
    {
        var reader = new ExtensionReader(encoded);
        return Read(ref reader);
    }

    /// <summary>Which filters a record matches.</summary>
    /// <param name="key">The record's key.</param>
    /// <param name="isKeyNull">True when it has none.</param>
    /// <param name="headers">The record's headers.</param>
    /// <returns>Bit i is set when filter i matches; -1 when there are no filters; 0 when none matches.</returns>
    public long Match(ReadOnlySpan<byte> key, bool isKeyNull, HeaderList headers)
    {
        if (Count == 0)
        {
            return -1;
        }

        long mask = 0;
        var reader = new ExtensionReader(Encoded);
        reader.ReadInt32();
        for (int i = 0; i < Count; i++)
        {
            bool isMatch = true;
            int conditions = reader.ReadInt32();
            while (conditions-- > 0 && !reader.IsBroken)
            {
                isMatch &= reader.ReadByte() == KafkaBeginEx.KeyCondition
                    ? MatchKey(ref reader, key, isKeyNull)
                    : MatchHeader(ref reader, headers);
            }

            if (isMatch)
            {
                mask |= 1L << Math.Min(i, 62);
            }
        }

        return mask;
    }

    /// <summary>The key asked for, when every filter is on that one key: a look-up instead of a walk.</summary>
    public bool TryGetOnlyKey(out ReadOnlySpan<byte> key)
    {
        key = default;
        if (Count != 1)
        {
            return false;
        }

        var reader = new ExtensionReader(Encoded);
        reader.ReadInt32();
        int conditions = reader.ReadInt32();
        while (conditions-- > 0 && !reader.IsBroken)
        {
            if (reader.ReadByte() == KafkaBeginEx.KeyCondition)
            {
                key = reader.ReadBytes(out bool isNull);
                return !isNull;
            }

            reader.ReadBytes();
            reader.ReadBytes();
        }

        return false;
    }

    internal static KafkaFilters Read(scoped ref ExtensionReader reader)
    {
        ReadOnlySpan<byte> start = reader.Rest;
        int count = reader.ReadInt32();
        for (int i = 0; i < count && !reader.IsBroken; i++)
        {
            int conditions = reader.ReadInt32();
            while (conditions-- > 0 && !reader.IsBroken)
            {
                bool isKey = reader.ReadByte() == KafkaBeginEx.KeyCondition;
                reader.ReadBytes();
                if (!isKey)
                {
                    reader.ReadBytes();
                }
            }
        }

        return reader.IsBroken ? default : new KafkaFilters(Math.Max(0, count), start[..(start.Length - reader.Rest.Length)]);
    }

    private static bool MatchKey(ref ExtensionReader reader, ReadOnlySpan<byte> key, bool isKeyNull)
    {
        ReadOnlySpan<byte> wanted = reader.ReadBytes(out bool isNull);
        return isNull == isKeyNull && wanted.SequenceEqual(key);
    }

    // Any header with that name and value will do.
    private static bool MatchHeader(ref ExtensionReader reader, HeaderList headers)
    {
        ReadOnlySpan<byte> name = reader.ReadBytes();
        ReadOnlySpan<byte> value = reader.ReadBytes();
        foreach (Header header in headers)
        {
            if (!header.IsNull && header.Name.SequenceEqual(name) && header.Value.SequenceEqual(value))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>Writes filters for <see cref="KafkaBeginEx.WriteMergedFetch"/>: open one, add its conditions, open the next.</summary>
public ref struct KafkaFilterWriter
{
    private ExtensionWriter _writer;
    private int _filters;
    private int _conditions;
    private int _conditionsAt;

    /// <summary>Starts writing into a buffer of the caller.</summary>
    public KafkaFilterWriter(Span<byte> buffer) => _writer = new ExtensionWriter(buffer, ExtensionType.None);

    /// <summary>The encoded filters. The type field that an extension would have is the filter count here.</summary>
    public readonly ReadOnlySpan<byte> Written
    {
        get
        {
            _writer.PatchInt32(0, _filters);
            return _writer.Written;
        }
    }

    /// <summary>True when the buffer was too small.</summary>
    public readonly bool IsOverrun => _writer.IsOverrun;

    /// <summary>Begins the next filter.</summary>
    public void OpenFilter()
    {
        _filters++;
        _conditions = 0;
        _conditionsAt = _writer.ReserveInt32();
    }

    /// <summary>The key must be this text.</summary>
    public void AddKey(ReadOnlySpan<char> key)
    {
        _writer.WriteByte(KafkaBeginEx.KeyCondition);
        _writer.WriteString(key);
        _writer.PatchInt32(_conditionsAt, ++_conditions);
    }

    /// <summary>Some header must have this name and value.</summary>
    public void AddHeader(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        _writer.WriteByte(KafkaBeginEx.HeaderCondition);
        _writer.WriteString(name);
        _writer.WriteString(value);
        _writer.PatchInt32(_conditionsAt, ++_conditions);
    }
}
