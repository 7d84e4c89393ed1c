namespace Sluice.Frames.Extensions;

/// <summary>A list of names and values as it lies in an extension: count, then name and value each with its length.</summary>
/// <remarks>
/// For HTTP headers and Kafka record headers alike; order and repeats are kept, and a value may be null (Kafka).
/// Write it with <see cref="ExtensionWriter.OpenHeaders"/> and its kin. <c>foreach</c> walks it without allocating.
/// </remarks>
public readonly ref struct HeaderList
{
    private readonly ReadOnlySpan<byte> _fields;

    private HeaderList(int count, ReadOnlySpan<byte> fields)
    {
        Count = count;
        _fields = fields;
    }

    /// <summary>How many there are.</summary>
    public int Count { get; }

    /// <summary>The encoded fields, to be copied as they are.</summary>
    public ReadOnlySpan<byte> Fields => _fields;

    /// <summary>A list whose encoded fields lie elsewhere, such as in a cached segment.</summary>
    public static HeaderList Of(int count, ReadOnlySpan<byte> fields) => new(count, fields);

    /// <summary>Takes a list off a reader: as many fields as its count says, fewer when the bytes are broken.</summary>
    public static HeaderList Read(scoped ref ExtensionReader reader)
    {
        int count = reader.ReadInt32();
        ReadOnlySpan<byte> start = reader.Rest;
        int found = 0;
        while (found < count)
        {
            reader.ReadBytes();
            reader.ReadBytes();
            if (reader.IsBroken)
            {
                break;
            }

            found++;
        }

        return new HeaderList(found, start[..(start.Length - reader.Rest.Length)]);
    }

    /// <summary>Finds the first value of a name, compared byte for byte.</summary>
    /// <returns>False when the name is absent.</returns>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        foreach (Header header in this)
        {
            if (header.Name.SequenceEqual(name))
            {
                value = header.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Walks the list.</summary>
    public Enumerator GetEnumerator() => new(Count, _fields);

    /// <summary>Walks a list.</summary>
    public ref struct Enumerator
    {
        private ExtensionReader _reader;
        private int _left;

        internal Enumerator(int count, ReadOnlySpan<byte> fields)
        {
            _left = count;
            _reader = new ExtensionReader(fields);
            Current = default;
        }

        /// <summary>The header reached.</summary>
        public Header Current { get; private set; }

        /// <summary>Goes on.</summary>
        public bool MoveNext()
        {
            if (_left-- <= 0)
            {
                return false;
            }

            ReadOnlySpan<byte> name = _reader.ReadBytes();
            ReadOnlySpan<byte> value = _reader.ReadBytes(out bool isNull);
            Current = new Header(name, value, isNull);
            return !_reader.IsBroken;
        }
    }
}

/// <summary>One name and value.</summary>
public readonly ref struct Header(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, bool isNull)
{
    /// <summary>UTF-8 bytes of the name.</summary>
    public ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>Bytes of the value.</summary>
    public ReadOnlySpan<byte> Value { get; } = value;

    /// <summary>True when there is no value, which differs from an empty one.</summary>
    public bool IsNull { get; } = isNull;
}
