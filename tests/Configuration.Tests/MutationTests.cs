using Sluice.Configuration.Text;

namespace Sluice.Configuration.Tests;

/// <summary>Promise P2 for configuration: whatever stands in the file, the loader answers with findings that have places.</summary>
public sealed class MutationTests
{
    private static readonly string[] Fragments =
    [
        ":", "- ", "{", "}", "[", "]", "&a ", "*a", "!x ", "'", "\"", "|\n", ">\n", "\n", "\t", "  ", "---\n", "...\n", "#", "%", "? ",
        "${{env.X}}", "${{env.", "${params.x}", "null", "7", "true", "1e9", "\u0000", "\uFEFF", "\u0085", "\u2028", "\ud800", "\r", "<<: ",
        "name: b\n", "options: ", "routes:\n", "exit: ", "guarded: ", "sasl: { mechanism: plain }", "kind: ", "sys:x", "a:b",
    ];

    [Theory]
    [InlineData("quickstart/sluice.yaml", 20261122)]
    [InlineData("http.echo/zilla.yaml", 7)]
    public void Random_changes_of_a_valid_file_never_throw(string example, int seed)
    {
        var random = new Random(seed);
        string original = Examples.Read(example);
        for (int round = 0; round < 3_000; round++)
        {
            string text = original;
            for (int change = random.Next(1, 5); change > 0; change--)
                text = Mutate(text, random);
            Check(text, $"seed {seed}, round {round}:\n{text}");
        }
    }

    [Fact]
    public void Random_lines_of_a_valid_file_in_any_order_never_throw()
    {
        var random = new Random(11);
        string[] lines = Examples.Read("quickstart/sluice.yaml").Split('\n');
        for (int round = 0; round < 1_000; round++)
        {
            string text = string.Join('\n', Enumerable.Range(0, random.Next(1, 60)).Select(_ => lines[random.Next(lines.Length)]));
            Check(text, $"round {round}:\n{text}");
        }
    }

    private static string Mutate(string text, Random random)
    {
        int at = random.Next(text.Length + 1);
        int length = Math.Min(random.Next(12), text.Length - at);
        return random.Next(4) switch
        {
            0 => text.Remove(at, length),
            1 => text.Insert(at, Fragments[random.Next(Fragments.Length)]),
            2 => text.Insert(at, text.Substring(random.Next(text.Length - length + 1), length)),
            _ => text.Remove(at, length).Insert(at, Fragments[random.Next(Fragments.Length)]),
        };
    }

    private static void Check(string text, string context)
    {
        LoadResult result;
        try
        {
            result = Loading.Load(text, ("KAFKA_BOOTSTRAP_SERVER", "localhost:9092"), ("X", "x: [ 1"));
        }
        catch (Exception thrown)
        {
            throw new Xunit.Sdk.XunitException($"{thrown}\n{context}");
        }

        Assert.True(result.Configuration is null == result.Errors.Count > 0, context);
        foreach (Diagnostic diagnostic in result.Errors.Concat(result.Warnings))
        {
            Assert.True(diagnostic.Line >= 1 && diagnostic.Column >= 1 && diagnostic.File == Loading.File, context);
            Assert.False(diagnostic.Message.Contains('\n', StringComparison.Ordinal), $"{diagnostic}\n{context}");
        }
    }
}
