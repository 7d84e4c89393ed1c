namespace Sluice.Configuration.Graph;

/// <summary>
/// Numbers for names. Every process computes the same number from the same name, so processes that load the same file agree on
/// binding ids without a word between them (config-core §1.3).
/// </summary>
public static class Labels
{
    /// <summary>A stable number from 1 to 2^31 - 1: FNV-1a over the name's UTF-8 bytes, folded to 31 bits.</summary>
    public static int Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        uint hash = 2166136261;
        foreach (byte value in System.Text.Encoding.UTF8.GetBytes(name))
            hash = unchecked((hash ^ value) * 16777619);
        int label = (int)(hash & 0x7fffffff);
        return label == 0 ? 1 : label; // 0 is kept for "nobody".
    }

    /// <summary>The id of <c>namespace:name</c>: the label of the namespace in the upper half, that of the name in the lower.</summary>
    public static long Id(string space, string name) => ((long)Of(space) << 32) | (uint)Of(name);

    /// <summary>The id of a name in its printed form <c>namespace:name</c>.</summary>
    public static long Id(string qualifiedName)
    {
        ArgumentNullException.ThrowIfNull(qualifiedName);
        int colon = qualifiedName.IndexOf(':');
        return Id(colon < 0 ? "" : qualifiedName[..colon], qualifiedName[(colon + 1)..]);
    }
}
