using Sluice.KafkaCache.Segments;
using static Sluice.KafkaCache.Tests.Segments.TemporaryCache;

namespace Sluice.KafkaCache.Tests.Segments;

public sealed class BrokenFileTests
{
    [Fact]
    public void A_missing_or_foreign_directory_is_an_error_with_a_reason()
    {
        using var cache = new TemporaryCache();
        Assert.Null(TopicReader.TryOpen(Path.Combine(cache.Root, "nowhere"), out string? missing));
        Assert.NotNull(missing);

        string foreign = Directory.CreateDirectory(Path.Combine(cache.Root, "foreign")).FullName;
        File.WriteAllBytes(Path.Combine(foreign, "topic.state"), new byte[5000]);
        Assert.Null(TopicReader.TryOpen(foreign, out string? reason));
        Assert.Contains("not the state", reason);
        File.WriteAllBytes(Path.Combine(foreign, "topic.state"), new byte[10]);
        Assert.Null(TopicReader.TryOpen(foreign, out reason));
        Assert.Contains("10 bytes", reason);
        Directory.Delete(foreign, recursive: true);
    }

    [Fact]
    public void Random_damage_gives_an_error_or_other_records_but_never_ends_the_process()
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic();
        for (int i = 0; i < 300; i++)
        {
            Append(writer[0], i, "key" + (i % 40), new string('v', i), ("h", "x"));
        }

        string copy = Path.Combine(cache.Root, "copy");
        var random = new Random(20_261_122);
        int errors = 0;
        for (int round = 0; round < 150; round++)
        {
            Directory.CreateDirectory(copy);
            foreach (string file in Directory.GetFiles(writer.Path))
            {
                byte[] bytes = File.ReadAllBytes(file);
                for (int i = 0; i < 4 && bytes.Length > 0; i++)
                {
                    bytes[random.Next(Math.Min(bytes.Length, 4096))] = (byte)random.Next(256);
                }

                File.WriteAllBytes(Path.Combine(copy, Path.GetFileName(file)), bytes[..random.Next(bytes.Length / 2, bytes.Length + 1)]);
            }

            try
            {
                using TopicReader? reader = TopicReader.TryOpen(copy, out _);
                errors += reader is null ? 1 : 0;
                for (int p = 0; p < (reader?.PartitionCount ?? 0); p++)
                {
                    ReadAll(reader![p], random.Next(300));
                    reader[p].TryFindNewest("key7"u8, out _);
                }
            }
            catch (InvalidDataException)
            {
                errors++;
            }

            Directory.Delete(copy, recursive: true);
        }

        Assert.InRange(errors, 1, 150);
    }
}
