namespace Sluice.Frames.Extensions;

// The header list: OpenHeaders, AddHeader…, CloseHeaders. One list is open at a time.
public ref partial struct ExtensionWriter
{
    /// <summary>Starts a header list here.</summary>
    public void OpenHeaders()
    {
        _countPosition = ReserveInt32();
        _count = 0;
    }

    /// <summary>Adds a header.</summary>
    public void AddHeader(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        WriteBytes(name);
        WriteBytes(value);
        _count++;
    }

    /// <summary>Adds a header of text.</summary>
    public void AddHeader(ReadOnlySpan<char> name, ReadOnlySpan<char> value)
    {
        WriteString(name);
        WriteString(value);
        _count++;
    }

    /// <summary>Adds a header of a byte name and a text value.</summary>
    public void AddHeader(ReadOnlySpan<byte> name, ReadOnlySpan<char> value)
    {
        WriteBytes(name);
        WriteString(value);
        _count++;
    }

    /// <summary>Adds a header as it was read, null value included.</summary>
    public void AddHeader(in Header header)
    {
        WriteBytes(header.Name);
        if (header.IsNull)
        {
            WriteNull();
        }
        else
        {
            WriteBytes(header.Value);
        }

        _count++;
    }

    /// <summary>Adds all headers of another list.</summary>
    public void AddHeaders(in HeaderList list)
    {
        WriteRaw(list.Fields);
        _count += list.Count;
    }

    /// <summary>Ends the list; the next field follows it.</summary>
    public readonly void CloseHeaders() => PatchInt32(_countPosition, _count);
}
