using System.Text;

namespace Sluice.Edge.Http;

/// <summary>
/// Turns header names and values from bytes into text and back without making the same text again: names always, values when short.
/// Text stands for bytes one to one (Latin-1), so a value passes unchanged whatever its encoding.
/// </summary>
/// <remarks>One per engine. Direct-mapped and bounded: an entry is simply replaced by the next that falls on its place.</remarks>
internal sealed class HeaderText
{
    private const int Entries = 1024;      // A power of two.
    private const int KeptBytesMax = 64;   // Longer values (cookies, tokens) hardly repeat across clients.

    private readonly string?[] _texts = new string?[Entries];
    private readonly (string? Text, byte[] Bytes)[] _lower = new (string?, byte[])[Entries];

    /// <summary>Text that stands for UTF-8 bytes of configuration, to be compared with header values.</summary>
    public static string OfConfiguration(string text) => Ascii.IsValid(text) ? text : Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));

    /// <summary>The text of some bytes.</summary>
    public string Of(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > KeptBytesMax)
        {
            return Encoding.Latin1.GetString(bytes);
        }

        ref string? slot = ref _texts[Hash(bytes) & (Entries - 1)];
        return slot is not null && slot.Length == bytes.Length && Ascii.Equals(bytes, slot) ? slot : slot = Encoding.Latin1.GetString(bytes);
    }

    /// <summary>The bytes of a header name in lower case.</summary>
    public byte[] LowerName(string name)
    {
        ref (string? Text, byte[] Bytes) slot = ref _lower[(uint)string.GetHashCode(name) & (Entries - 1)];
        if (slot.Text != name)
        {
#pragma warning disable CA1308 // Header names are lower case in frames.
            slot = (name, Encoding.Latin1.GetBytes(name.ToLowerInvariant()));
#pragma warning restore CA1308
        }

        return slot.Bytes;
    }

    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        uint hash = 2166136261;
        foreach (byte value in bytes)
        {
            hash = (hash ^ value) * 16777619;
        }

        return hash ^ (hash >> 15);
    }
}
