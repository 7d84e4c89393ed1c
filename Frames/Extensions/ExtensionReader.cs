using System.Buffers.Binary;

namespace Sluice.Frames.Extensions;

/// <summary>Reads an extension field after field. A field beyond the end reads as 0 or empty and sets <see cref="IsBroken"/>.</summary>
public ref struct ExtensionReader(ReadOnlySpan<byte> extension)
{
    private ReadOnlySpan<byte> _rest = extension;

    /// <summary>True when a field was missing or its length made no sense.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>What has not been read.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>The type of an extension, without reading it.</summary>
    public static ExtensionType TypeOf(ReadOnlySpan<byte> extension) =>
        extension.Length >= 4 ? (ExtensionType)BinaryPrimitives.ReadInt32LittleEndian(extension) : ExtensionType.None;

    /// <summary>Reads one byte.</summary>
    public byte ReadByte()
    {
        ReadOnlySpan<byte> span = Take(1);
        return span.IsEmpty ? (byte)0 : span[0];
    }

    /// <summary>Reads four bytes.</summary>
    public int ReadInt32()
    {
        ReadOnlySpan<byte> span = Take(4);
        return span.IsEmpty ? 0 : BinaryPrimitives.ReadInt32LittleEndian(span);
    }

    /// <summary>Reads eight bytes.</summary>
    public long ReadInt64()
    {
        ReadOnlySpan<byte> span = Take(8);
        return span.IsEmpty ? 0 : BinaryPrimitives.ReadInt64LittleEndian(span);
    }

    /// <summary>Reads length and bytes; null reads as empty.</summary>
    public ReadOnlySpan<byte> ReadBytes() => ReadBytes(out _);

    /// <summary>Reads length and bytes, telling null from empty.</summary>
    public ReadOnlySpan<byte> ReadBytes(out bool isNull)
    {
        int length = ReadInt32();
        isNull = length == -1;
        return length <= 0 ? CheckLength(length) : Take(length);
    }

    private ReadOnlySpan<byte> CheckLength(int length)
    {
        IsBroken |= length < -1;
        return default;
    }

    private ReadOnlySpan<byte> Take(int bytes)
    {
        if (bytes > _rest.Length)
        {
            IsBroken = true;
            _rest = default;
            return default;
        }

        ReadOnlySpan<byte> taken = _rest[..bytes];
        _rest = _rest[bytes..];
        return taken;
    }
}
