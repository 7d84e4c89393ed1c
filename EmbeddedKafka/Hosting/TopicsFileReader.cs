using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Sluice.EmbeddedKafka.Hosting;

/// <summary>Reads a topics file; every mistake is named with file, line and column, all at once.</summary>
/// <example><code>
/// topics:
///   - name: items-snapshots
///     partitions: 1
///     config: { cleanup.policy: compact }
/// </code></example>
internal sealed class TopicsFileReader
{
    private readonly string _file;
    private readonly List<string> _mistakes;

    private TopicsFileReader(string file, List<string> mistakes) => (_file, _mistakes) = (file, mistakes);

    public static List<TopicSpec> Read(string file, List<string> mistakes)
    {
        var reader = new TopicsFileReader(file, mistakes);
        try
        {
            using var text = new StreamReader(file);
            var yaml = new YamlStream();
            yaml.Load(text);
            return yaml.Documents.Count == 0 ? [] : reader.ReadRoot(yaml.Documents[0].RootNode);
        }
        catch (YamlException e)
        {
            mistakes.Add($"{file}:{e.Start.Line}:{e.Start.Column}: {e.Message}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            mistakes.Add($"{file}: the topics file cannot be read: {e.Message}");
        }

        return [];
    }

    private List<TopicSpec> ReadRoot(YamlNode root)
    {
        var topics = new List<TopicSpec>();
        foreach (var (key, value) in Entries(root, "the file", "topics"))
        {
            if (value is not YamlSequenceNode list)
            {
                Mistake(value, $"{key} is a list of topics");
                continue;
            }

            topics.AddRange(list.Select(ReadTopic).OfType<TopicSpec>());
        }

        return topics;
    }

    private TopicSpec? ReadTopic(YamlNode node)
    {
        int before = _mistakes.Count;
        string? name = null;
        int? partitions = null;
        var config = new Dictionary<string, string>();
        foreach (var (key, value) in Entries(node, "a topic", "name", "partitions", "config"))
        {
            switch (key)
            {
                case "config":
                    foreach (var (setting, setTo) in Entries(value, "config"))
                    {
                        config[setting] = Scalar(setTo, setting);
                        if (new TopicSpec("t", 1, new Dictionary<string, string> { [setting] = config[setting] }).Refusal() is { } refusal)
                        {
                            Mistake(setTo, refusal);
                        }
                    }

                    break;
                case "partitions":
                    partitions = int.TryParse(Scalar(value, key), out int count) && count is > 0 and <= 1000 ? count : null;
                    if (partitions is null)
                    {
                        Mistake(value, "partitions is a number from 1 to 1000");
                    }

                    break;
                default:
                    name = Scalar(value, key);
                    if (new TopicSpec(name).Refusal() is { } badName)
                    {
                        Mistake(value, badName);
                    }

                    break;
            }
        }

        if (name is null && _mistakes.Count == before)
        {
            Mistake(node, "a topic has a name");
        }

        return _mistakes.Count == before ? new TopicSpec(name!, partitions, config) : null;
    }

    private IEnumerable<(string Key, YamlNode Value)> Entries(YamlNode node, string what, params string[] known)
    {
        if (node is not YamlMappingNode mapping)
        {
            Mistake(node, known.Length == 0 ? $"{what} is key: value pairs" : $"{what} is made of {string.Join(", ", known)}");
            yield break;
        }

        foreach (var (keyNode, value) in mapping.Children)
        {
            string key = Scalar(keyNode, "a key");
            if (known.Length > 0 && !known.Contains(key))
            {
                Mistake(keyNode, $"'{key}' is not known here; {what} is made of {string.Join(", ", known)}");
                continue;
            }

            yield return (key, value);
        }
    }

    private string Scalar(YamlNode node, string what)
    {
        if (node is YamlScalarNode { Value: { } text })
        {
            return text;
        }

        Mistake(node, $"{what} is a single value");
        return "";
    }

    private void Mistake(YamlNode node, string what) => _mistakes.Add($"{_file}:{node.Start.Line}:{node.Start.Column}: {what}");
}
