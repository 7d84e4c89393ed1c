using System.Globalization;

namespace Sluice.Configuration.Text;

/// <summary>
/// A read-only view of one setting and everything below it, with its place in the file. Rooms build their typed options from it
/// once, at start. By then the tree was validated: the typed getters throw only when a room asks for a key that its schema does not
/// promise, which is a mistake in the room and not in the file.
/// </summary>
public sealed class ConfigNode
{
    private readonly string _text;
    private readonly long _integer;
    private readonly ConfigNode[] _items;
    private readonly ConfigEntry[] _entries;

    private ConfigNode(
        ConfigNodeKind kind, SourcePosition position, string text, long integer, ConfigNode[] items, ConfigEntry[] entries)
    {
        Kind = kind;
        Position = position;
        _text = text;
        _integer = integer;
        _items = items;
        _entries = entries;
    }

    /// <summary>A map without keys, for settings that were left out.</summary>
    public static ConfigNode EmptyMap { get; } = Map(default, []);

    /// <summary>What this node is.</summary>
    public ConfigNodeKind Kind { get; }

    /// <summary>Where it stands in the user's file.</summary>
    public SourcePosition Position { get; }

    /// <summary>A scalar as written (without quotes); empty for lists and maps.</summary>
    public string Text => _text;

    /// <summary>A whole number or a boolean (1 or 0); 0 for anything else.</summary>
    public long WholeNumber => _integer;

    /// <summary>True for the boolean <c>true</c>.</summary>
    public bool IsTrue => Kind == ConfigNodeKind.Boolean && _integer != 0;

    /// <summary>The items of a list, in order; empty for anything else.</summary>
    public IReadOnlyList<ConfigNode> Items => _items;

    /// <summary>The keys of a map, in the order of the file; empty for anything else.</summary>
    public IReadOnlyList<ConfigEntry> Entries => _entries;

    /// <summary>The value of a key that the schema requires.</summary>
    /// <exception cref="KeyNotFoundException">The key is absent: the room asked for what its schema does not promise.</exception>
    public ConfigNode this[string key] => Get(key)
        ?? throw new KeyNotFoundException($"{Position}: the validated configuration has no key '{key}' here");

    internal ConfigEntry[] EntryArray => _entries;

    /// <summary>True when the map holds the key.</summary>
    public bool Has(string key) => Get(key) is not null;

    /// <summary>The value of a key, or null.</summary>
    public ConfigNode? Get(string key) => Entry(key)?.Value;

    /// <summary>The value of a key, when it is there.</summary>
    public bool TryGet(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ConfigNode? node)
    {
        node = Get(key);
        return node is not null;
    }

    /// <summary>A required text.</summary>
    public string GetString(string key) => this[key]._text;

    /// <summary>An optional text.</summary>
    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(fallback))]
    public string? GetString(string key, string? fallback) => Get(key)?._text ?? fallback;

    /// <summary>A required whole number.</summary>
    public int GetInt(string key) => checked((int)this[key]._integer);

    /// <summary>An optional whole number.</summary>
    public int GetInt(string key, int fallback) => Get(key) is { } node ? checked((int)node._integer) : fallback;

    /// <summary>An optional 64-bit whole number.</summary>
    public long GetLong(string key, long fallback) => Get(key)?._integer ?? fallback;

    /// <summary>An optional number.</summary>
    public double GetDouble(string key, double fallback) =>
        Get(key) is { } node ? double.Parse(node._text, CultureInfo.InvariantCulture) : fallback;

    /// <summary>An optional truth value.</summary>
    public bool GetBool(string key, bool fallback) => Get(key)?.IsTrue ?? fallback;

    /// <summary>The items of a list; empty when the key is absent, one item when it holds a single value instead of a list.</summary>
    public IReadOnlyList<ConfigNode> GetList(string key) =>
        Get(key) is not { } node ? [] : node.Kind == ConfigNodeKind.List ? node._items : [node];

    /// <summary>The texts of a list of scalars; empty when the key is absent.</summary>
    public IReadOnlyList<string> GetStrings(string key)
    {
        IReadOnlyList<ConfigNode> items = GetList(key);
        var texts = new string[items.Count];
        for (int i = 0; i < texts.Length; i++)
            texts[i] = items[i]._text;
        return texts;
    }

    /// <summary>A map; <see cref="EmptyMap"/> when the key is absent.</summary>
    public ConfigNode GetMap(string key) => Get(key) ?? EmptyMap;

    /// <summary>
    /// Ports written as a number, as a range <c>"a-b"</c>, or as a list of both, in that order and each port once (config-core §3.1);
    /// empty when the key is absent.
    /// </summary>
    public IReadOnlyList<int> GetPorts(string key) => Get(key) is { } node ? PortList.Read(node) : [];

    /// <summary>For debuggers and messages: the text of a scalar, or what kind of node this is.</summary>
    public override string ToString() => Kind switch
    {
        ConfigNodeKind.List => $"list of {_items.Length}",
        ConfigNodeKind.Map => $"map of {_entries.Length}",
        _ => _text,
    };

    internal ConfigEntry? Entry(string key)
    {
        foreach (ConfigEntry entry in _entries)
        {
            if (string.Equals(entry.Key, key, StringComparison.Ordinal))
                return entry;
        }

        return null;
    }

    internal static ConfigNode Scalar(ConfigNodeKind kind, SourcePosition position, string text, long integer = 0) =>
        new(kind, position, text, integer, [], []);

    internal static ConfigNode List(SourcePosition position, ConfigNode[] items) =>
        new(ConfigNodeKind.List, position, "", 0, items, []);

    internal static ConfigNode Map(SourcePosition position, ConfigEntry[] entries) =>
        new(ConfigNodeKind.Map, position, "", 0, [], entries);
}
