using System.IO.Hashing;
using Sluice.EmbeddedKafka.Topics;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>One compaction of one partition: learns the newest offset of each key, then rewrites segments without the rest.</summary>
/// <remarks>
/// Batches of which every record stays are copied as they are. Others are built anew under the same offsets, sequence
/// numbers and codec. A tombstone that survives for the first time stamps its batch with a delete horizon (base timestamp =
/// now + delete.retention.ms, attribute bit 6); it goes when that has passed, so a slow reader still learns of the deletion.
/// </remarks>
internal sealed class Compactor(List<AbortedTransaction> aborted, TopicConfig config, long nowMs)
{
    /// <summary>4 million keys a pass, about 200 MiB while it runs; segments beyond wait for the next pass.</summary>
    public const int KeysMax = 4_000_000;

    private readonly Dictionary<UInt128, long> _newest = [];

    /// <summary>Reads the keys of every segment that has records at or above <paramref name="from"/>; gives the offset mapped up to.</summary>
    public long Map(Segment[] segments, long from)
    {
        long mappedTo = from;
        foreach (var segment in segments)
        {
            if (segment.NextOffset <= from)
            {
                continue;
            }

            using var scanner = new BatchScanner(segment.File, 0, segment.SizeBytes);
            while (scanner.MoveNext())
            {
                var batch = scanner.Current;
                if (batch.LastOffset >= from && !batch.IsControl && !IsAborted(batch))
                {
                    MapBatch(batch);
                }
            }

            mappedTo = segment.NextOffset;
            if (_newest.Count > KeysMax)
            {
                break;
            }
        }

        return mappedTo;
    }

    /// <summary>Puts neighbours together while they fit into one segment.</summary>
    public static IEnumerable<List<Segment>> Group(IEnumerable<Segment> segments, long segmentBytes)
    {
        var group = new List<Segment>();
        long bytes = 0;
        foreach (var segment in segments)
        {
            if (group.Count > 0 &&
                (bytes + segment.SizeBytes > segmentBytes || segment.NextOffset - group[0].BaseOffset > int.MaxValue))
            {
                yield return group;
                group = [];
                bytes = 0;
            }

            group.Add(segment);
            bytes += segment.SizeBytes;
        }

        if (group.Count > 0)
        {
            yield return group;
        }
    }

    /// <summary>Writes what stays of a group into a draft file beside them, on the disk when this returns.</summary>
    public string Rewrite(string directory, List<Segment> group)
    {
        string draft = Path.Combine(directory, $"{Segment.NameOf(group[0].BaseOffset)}-{Segment.NameOf(group[^1].NextOffset)}.cleaned");
        using var file = File.OpenHandle(draft, FileMode.Create, FileAccess.Write);
        long at = 0;
        foreach (var segment in group)
        {
            using var scanner = new BatchScanner(segment.File, 0, segment.SizeBytes);
            while (scanner.MoveNext())
            {
                var kept = Keep(scanner.Current);
                RandomAccess.Write(file, kept, at);
                at += kept.Length;
            }
        }

        RandomAccess.FlushToDisk(file);
        return draft;
    }

    private static bool TryRecords(Batch batch, out ReadOnlySpan<byte> records)
    {
        records = batch.Records;
        if (batch.Codec == Codec.None)
        {
            return true;
        }

        bool ok = Compression.TryInflate(batch.Codec, records, out byte[] inflated);
        records = inflated;
        return ok;
    }

    private void MapBatch(Batch batch)
    {
        if (!TryRecords(batch, out var records))
        {
            return;
        }

        for (var reader = new RecordReader(records); reader.TryNext();)
        {
            if (reader.HasKey)
            {
                _newest[XxHash128.HashToUInt128(reader.Key)] = batch.BaseOffset + reader.OffsetDelta;
            }
        }
    }

    private ReadOnlySpan<byte> Keep(Batch batch)
    {
        if (batch.IsControl)
        {
            return batch.Bytes;
        }

        if (IsAborted(batch))
        {
            return default;
        }

        if (!TryRecords(batch, out var records))
        {
            return batch.Bytes; // Not readable here; perhaps it is for its reader.
        }

        bool stamp = false;
        int keep = 0;
        for (var reader = new RecordReader(records); reader.TryNext();)
        {
            bool stays = Stays(batch, reader);
            keep += stays ? 1 : 0;
            stamp |= stays && !reader.HasValue && !batch.HasDeleteHorizon;
        }

        if (keep == 0)
        {
            return default;
        }

        return keep == batch.Count && !stamp ? batch.Bytes : Rebuild(batch, records, stamp);
    }

    private byte[] Rebuild(Batch batch, ReadOnlySpan<byte> records, bool stamp)
    {
        var builder = new BatchBuilder(stamp ? nowMs + config.DeleteRetentionMs : batch.BaseTimestamp);
        for (var reader = new RecordReader(records); reader.TryNext();)
        {
            if (Stays(batch, reader))
            {
                builder.AddRaw(batch.BaseTimestamp + reader.TimestampDelta, reader.OffsetDelta, reader.Tail);
            }
        }

        return builder.Replace(batch, stamp);
    }

    private bool Stays(Batch batch, RecordReader record)
    {
        if (!record.HasKey)
        {
            return false;
        }

        if (_newest.TryGetValue(XxHash128.HashToUInt128(record.Key), out long newest) && newest > batch.BaseOffset + record.OffsetDelta)
        {
            return false;
        }

        return record.HasValue || !batch.HasDeleteHorizon || batch.BaseTimestamp > nowMs;
    }

    private bool IsAborted(Batch batch)
    {
        if (!batch.IsTransactional)
        {
            return false;
        }

        foreach (var gone in aborted)
        {
            if (gone.ProducerId == batch.ProducerId && batch.BaseOffset >= gone.FirstOffset && batch.BaseOffset <= gone.LastOffset)
            {
                return true;
            }
        }

        return false;
    }
}
