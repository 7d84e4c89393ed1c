namespace Sluice.Frames.Extensions;

/// <summary>Addresses of a byte stream: who connected, and to where (config-core §2.6, address info).</summary>
/// <remarks><c>type i32 = Proxy | source host bytes | source port i32 | destination host bytes | destination port i32</c>. Hosts are text.</remarks>
public readonly ref struct ProxyBeginEx
{
    private ProxyBeginEx(ReadOnlySpan<byte> sourceHost, int sourcePort, ReadOnlySpan<byte> destinationHost, int destinationPort)
    {
        SourceHost = sourceHost;
        SourcePort = sourcePort;
        DestinationHost = destinationHost;
        DestinationPort = destinationPort;
    }

    /// <summary>Who connected.</summary>
    public ReadOnlySpan<byte> SourceHost { get; }

    /// <summary>From which port.</summary>
    public int SourcePort { get; }

    /// <summary>To which address.</summary>
    public ReadOnlySpan<byte> DestinationHost { get; }

    /// <summary>To which port.</summary>
    public int DestinationPort { get; }

    /// <summary>Reads the extension.</summary>
    /// <returns>False when it is no sound address extension.</returns>
    public static bool TryRead(ReadOnlySpan<byte> extension, out ProxyBeginEx proxy)
    {
        var reader = new ExtensionReader(extension);
        proxy = default;
        if (reader.ReadInt32() != (int)ExtensionType.Proxy)
        {
            return false;
        }

        proxy = new ProxyBeginEx(reader.ReadBytes(), reader.ReadInt32(), reader.ReadBytes(), reader.ReadInt32());
        return !reader.IsBroken;
    }

    /// <summary>Writes the extension.</summary>
    public static ReadOnlySpan<byte> Write(Span<byte> buffer, string sourceHost, int sourcePort, string destinationHost, int destinationPort)
    {
        var writer = new ExtensionWriter(buffer, ExtensionType.Proxy);
        writer.WriteString(sourceHost);
        writer.WriteInt32(sourcePort);
        writer.WriteString(destinationHost);
        writer.WriteInt32(destinationPort);
        return writer.Written;
    }
}
