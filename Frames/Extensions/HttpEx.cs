namespace Sluice.Frames.Extensions;

/// <summary>HTTP metadata: the headers of a BEGIN (request or response), RESET or CHALLENGE, or the trailers of an END (config-core §2.6).</summary>
/// <remarks>
/// <c>type i32 = Http | headers</c>. Names are lower case. A request's pseudo headers come first, in the order
/// <c>:scheme :method :path :authority</c>; a response has <c>:status</c>.
/// </remarks>
public readonly ref struct HttpEx
{
    private HttpEx(HeaderList headers) => Headers = headers;

    /// <summary>The headers in order.</summary>
    public HeaderList Headers { get; }

    /// <summary>Reads the extension.</summary>
    /// <returns>False when it is no sound HTTP extension.</returns>
    public static bool TryRead(ReadOnlySpan<byte> extension, out HttpEx http)
    {
        var reader = new ExtensionReader(extension);
        http = default;
        if (reader.ReadInt32() != (int)ExtensionType.Http)
        {
            return false;
        }

        http = new HttpEx(HeaderList.Read(ref reader));
        return !reader.IsBroken;
    }

    /// <summary>Starts writing an HTTP extension: add headers, then close the list.</summary>
    public static ExtensionWriter Write(Span<byte> buffer)
    {
        var writer = new ExtensionWriter(buffer, ExtensionType.Http);
        writer.OpenHeaders();
        return writer;
    }
}
