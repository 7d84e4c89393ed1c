namespace Sluice.House;

/// <summary>Says everything that is wrong, not only the first five.</summary>
internal static class House
{
    /// <summary>Fails with every finding on a line of its own.</summary>
    public static void HasNo<T>(IEnumerable<T> findings)
    {
        string[] lines = [.. findings.Select(finding => $"{finding}")];
        Assert.True(lines.Length == 0, string.Join('\n', lines));
    }
}
