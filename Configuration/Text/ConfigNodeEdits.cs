namespace Sluice.Configuration.Text;

/// <summary>Changed copies of tree nodes: older shapes are rewritten without touching the tree that was read.</summary>
internal static class ConfigNodeEdits
{
    public static ConfigNode Without(this ConfigNode map, string key) =>
        ConfigNode.Map(map.Position, Array.FindAll(map.EntryArray, entry => entry.Key != key));

    /// <summary>Replaces the value of a key where it stands, or adds the key at the end.</summary>
    public static ConfigNode With(this ConfigNode map, string key, ConfigNode value)
    {
        ConfigEntry[] entries = map.EntryArray;
        int index = Array.FindIndex(entries, entry => entry.Key == key);
        if (index < 0)
            return ConfigNode.Map(map.Position, [.. entries, new ConfigEntry(key, value.Position, value)]);

        var changed = (ConfigEntry[])entries.Clone();
        changed[index] = changed[index] with { Value = value };
        return ConfigNode.Map(map.Position, changed);
    }

    /// <summary>Applies a change to each value of a map; returns the same node when nothing changed.</summary>
    public static ConfigNode EachValue(this ConfigNode map, Func<ConfigEntry, ConfigNode> change)
    {
        ConfigEntry[]? changed = null;
        for (int i = 0; i < map.EntryArray.Length; i++)
        {
            ConfigEntry entry = map.EntryArray[i];
            ConfigNode value = change(entry);
            if (ReferenceEquals(value, entry.Value))
                continue;
            changed ??= (ConfigEntry[])map.EntryArray.Clone();
            changed[i] = entry with { Value = value };
        }

        return changed is null ? map : ConfigNode.Map(map.Position, changed);
    }

    public static ConfigNode Text(SourcePosition position, string text) =>
        ConfigNode.Scalar(ConfigNodeKind.Text, position, text);

    public static ConfigNode MapOf(SourcePosition position, params (string Key, ConfigNode Value)[] entries) =>
        ConfigNode.Map(position, Array.ConvertAll(entries, entry => new ConfigEntry(entry.Key, position, entry.Value)));
}
