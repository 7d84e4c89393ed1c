namespace Sluice.Configuration.Text;

/// <summary>One key of a map, in the order of the file.</summary>
/// <param name="Key">The key as text.</param>
/// <param name="KeyPosition">Where the key stands.</param>
/// <param name="Value">What it is set to.</param>
public sealed record ConfigEntry(string Key, SourcePosition KeyPosition, ConfigNode Value);
