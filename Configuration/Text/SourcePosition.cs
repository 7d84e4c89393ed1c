namespace Sluice.Configuration.Text;

/// <summary>A place in the user's file. Line and column count from 1, columns in UTF-16 units, as editors show them.</summary>
public readonly record struct SourcePosition(string File, int Line, int Column) : IComparable<SourcePosition>
{
    /// <summary>Orders by file, then line, then column.</summary>
    public int CompareTo(SourcePosition other)
    {
        int order = string.CompareOrdinal(File, other.File);
        if (order == 0)
            order = Line.CompareTo(other.Line);
        return order == 0 ? Column.CompareTo(other.Column) : order;
    }

    /// <summary>The form every message begins with: <c>file:line:col</c>.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}";

    /// <summary>True when the left place comes first.</summary>
    public static bool operator <(SourcePosition left, SourcePosition right) => left.CompareTo(right) < 0;

    /// <summary>True when the left place comes later.</summary>
    public static bool operator >(SourcePosition left, SourcePosition right) => left.CompareTo(right) > 0;

    /// <summary>True when the left place does not come later.</summary>
    public static bool operator <=(SourcePosition left, SourcePosition right) => left.CompareTo(right) <= 0;

    /// <summary>True when the left place does not come first.</summary>
    public static bool operator >=(SourcePosition left, SourcePosition right) => left.CompareTo(right) >= 0;
}
