namespace Sluice.Configuration.Text;

/// <summary>
/// A file's text as the user wrote it, the text after <c>${{...}}</c> expressions were replaced, and the way back from the second to
/// the first, so that every message points into the user's own file.
/// </summary>
internal sealed class SourceText
{
    private readonly Splice[] _splices;
    private readonly int[] _lineStarts;

    /// <summary>One replaced expression: where its value lies in the expanded text and where the expression stands in the file.</summary>
    public readonly record struct Splice(int ExpandedStart, int ExpandedLength, int RawStart, int RawLength);

    public SourceText(string file, string raw, string expanded, Splice[] splices)
    {
        File = file;
        Raw = raw;
        Expanded = expanded;
        _splices = splices;
        _lineStarts = LineStarts(raw);
    }

    public string File { get; }

    public string Raw { get; }

    public string Expanded { get; }

    /// <summary>Where a character of the expanded text came from; inside a replaced value, the start of its expression.</summary>
    public SourcePosition At(long expandedOffset)
    {
        int offset = (int)Math.Clamp(expandedOffset, 0, Expanded.Length);
        return AtRaw(RawOffset(offset));
    }

    /// <summary>The place of a character of the file itself.</summary>
    public SourcePosition AtRaw(int rawOffset)
    {
        int line = Array.BinarySearch(_lineStarts, rawOffset);
        if (line < 0)
            line = ~line - 1;
        return new SourcePosition(File, line + 1, rawOffset - _lineStarts[line] + 1);
    }

    /// <summary>The text of one line of the file (from 1), without its line end.</summary>
    public ReadOnlySpan<char> LineText(int line)
    {
        int start = _lineStarts[line - 1];
        int end = line < _lineStarts.Length ? _lineStarts[line] : Raw.Length;
        return Raw.AsSpan(start, end - start).TrimEnd("\r\n");
    }

    private int RawOffset(int offset)
    {
        int low = 0;
        int high = _splices.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            if (_splices[middle].ExpandedStart <= offset)
                low = middle + 1;
            else
                high = middle - 1;
        }

        if (high < 0)
            return offset;

        Splice splice = _splices[high];
        int past = offset - (splice.ExpandedStart + splice.ExpandedLength);
        return past < 0 ? splice.RawStart : splice.RawStart + splice.RawLength + past;
    }

    private static int[] LineStarts(string text)
    {
        var starts = new List<int> { 0 };
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n' || (text[i] == '\r' && (i + 1 == text.Length || text[i + 1] != '\n')))
                starts.Add(i + 1);
        }

        return [.. starts];
    }
}
