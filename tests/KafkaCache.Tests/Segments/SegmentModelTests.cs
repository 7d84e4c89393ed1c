using CsCheck;
using Sluice.KafkaCache.Segments;
using static Sluice.KafkaCache.Tests.Segments.TemporaryCache;

namespace Sluice.KafkaCache.Tests.Segments;

/// <summary>Random histories against the simplest model there is: a list.</summary>
public sealed class SegmentModelTests
{
    private sealed record Step(int Gap, string? Key, string? Value, int Headers, int Action);

    private static readonly Gen<Step> Steps = Gen.Select(
        Gen.Frequency((9, Gen.Const(0)), (1, Gen.Int[1, 5])),
        Gen.Frequency((1, Gen.Const((string?)null)), (8, Gen.Int[0, 30].Select(i => (string?)(i == 0 ? "" : "k" + i)))),
        Gen.Frequency((2, Gen.Const((string?)null)), (1, Gen.Const((string?)"")), (8, Gen.Int[1, 200].Select(n => (string?)new string('v', n))), (1, Gen.Int[5000, 40_000].Select(n => (string?)new string('B', n)))),
        Gen.Int[0, 3],
        Gen.Int[0, 30],
        (gap, key, value, headers, action) => new Step(gap, key, value, headers, action));

    [Fact]
    public void Random_histories_read_back_as_written_and_compaction_removes_only_what_is_superseded()
    {
        Steps.List[0, 400].Sample(Check, iter: 60, threads: 1);
    }

    private static void Check(List<Step> steps)
    {
        using var cache = new TemporaryCache();
        using TopicWriter writer = cache.CreateTopic();
        using TopicReader early = Open(writer);
        var model = new List<(long Offset, string? Key, string Text)>();
        RecordCursor follower = early[0].Seek(0);
        long followed = -1;
        long offset = 0;
        long compactedBelow = 0;
        foreach (Step step in steps)
        {
            offset += step.Gap;
            Append(writer[0], offset, step.Key, step.Value, [.. Enumerable.Range(0, step.Headers).Select(i => ("h", i == 1 ? null : "x" + i))]);
            model.Add((offset, step.Key, $"{offset}:{step.Key ?? "null"}={step.Value ?? "null"}"));
            offset++;
            if (step.Action == 0 && writer[0].Compact(offset))
            {
                compactedBelow = offset;
            }
            else if (step.Action == 1)
            {
                early.Refresh();
            }
            else if (step.Action < 10)
            {
                while (early[0].TryRead(ref follower, out RecordView record))
                {
                    Assert.True(record.Offset > followed, "the follower goes forward only");
                    followed = record.Offset;
                }

                Assert.Equal(offset - 1, followed); // Compaction never takes the newest.
            }
        }

        using TopicReader late = Open(writer);
        CheckReader(early[0], model, compactedBelow);
        CheckReader(late[0], model, compactedBelow);
        early.Refresh();
        CheckReader(early[0], model, compactedBelow);
    }

    private static void CheckReader(PartitionReader reader, List<(long Offset, string? Key, string Text)> model, long compactedBelow)
    {
        List<string> found = ReadAll(reader);
        var newest = new Dictionary<string, (long Offset, string Text)>();
        foreach ((long offset, string? key, string text) in model)
        {
            if (key is not null)
            {
                newest[key] = (offset, text);
            }
        }

        // Whatever is missing must have been superseded below the last compaction; nothing is extra, nothing is out of order.
        var all = model.Select(record => record.Text).ToList();
        Assert.Equal(all.Where(found.ToHashSet().Contains), found);
        foreach ((long offset, string? key, string text) in model.Where(record => !found.Contains(record.Text)))
        {
            Assert.True(key is not null && newest[key].Offset > offset && offset < compactedBelow, $"{text} is missing");
        }

        foreach ((string key, (long _, string text)) in newest)
        {
            Assert.True(reader.TryFindNewest(System.Text.Encoding.UTF8.GetBytes(key), out RecordView record));
            Assert.Equal(text, Describe(record));
        }

        foreach ((long offset, string? _, string _) in model.Where((_, i) => i % 7 == 0))
        {
            Assert.Equal(found.Where(text => long.Parse(text.Split(':')[0]) >= offset), ReadAll(reader, offset));
        }

        RecordCursor cursor = reader.Seek(0);
        while (reader.TryRead(ref cursor, out RecordView record))
        {
            bool isSuperseded = !record.IsKeyNull && newest[System.Text.Encoding.UTF8.GetString(record.Key)].Offset > record.Offset;
            Assert.Equal(isSuperseded, PartitionReader.IsSuperseded(record, long.MaxValue));
        }
    }
}
