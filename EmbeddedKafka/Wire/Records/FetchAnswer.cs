using Sluice.EmbeddedKafka.Log;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>Writes the partitions of a fetch answer, records copied from the page cache straight into the send buffer.</summary>
internal static class FetchAnswer
{
    /// <summary>Writes all partitions of the query, or only those with news; gives those that got records.</summary>
    public static HashSet<FetchPart> Write(short version, FetchQuery query, bool onlyNews, WireWriter reply)
    {
        var topics = GroupByTopic(onlyNews ? query.Parts.FindAll(part => part.HasNews(query.ReadCommitted)) : query.Parts);
        var served = new HashSet<FetchPart>();
        int left = query.MaxBytes;
        reply.Array(topics.Count);
        foreach (var parts in topics)
        {
            if (version >= 13)
            {
                reply.Uuid(parts[0].TopicId);
            }
            else
            {
                reply.String(parts[0].Name);
            }

            reply.Array(parts.Count);
            foreach (var part in parts)
            {
                // The first batch of an answer comes whole whatever its size, or a client with small limits would never get on.
                int copied = WritePart(version, query, part, left, atLeastOne: served.Count == 0, reply);
                left -= copied;
                if (copied > 0)
                {
                    served.Add(part);
                }
            }

            reply.Tags();
        }

        return served;
    }

    private static List<List<FetchPart>> GroupByTopic(List<FetchPart> parts)
    {
        var topics = new List<List<FetchPart>>();
        foreach (var part in parts)
        {
            if (topics.Count == 0 || topics[^1][0].TopicId != part.TopicId || topics[^1][0].Name != part.Name)
            {
                topics.Add([]);
            }

            topics[^1].Add(part);
        }

        return topics;
    }

    private static int WritePart(short version, FetchQuery query, FetchPart part, int left, bool atLeastOne, WireWriter reply)
    {
        var log = part.Log;
        bool ok = part.Error == ErrorCode.None;
        // Stable before end: what is told as stable must never lie above what is told as the end.
        long stable = ok ? log!.StableOffset : -1;
        long end = ok ? log!.EndOffset : -1;
        long start = log?.StartOffset ?? -1;
        long limit = query.ReadCommitted ? stable : end;
        part.Told = (start, end, stable);
        reply.Int32(part.Partition);
        int errorAt = reply.Length;
        reply.Error(part.Error);
        reply.Int64(end);
        reply.Int64(stable);
        if (version >= 5)
        {
            reply.Int64(start);
        }

        WriteAborted(query, part, limit, reply);
        if (version >= 11)
        {
            reply.Int32(-1);
        }

        int copied = ok ? WriteRecords(log!, part, limit, Math.Min(left, part.BytesMax), atLeastOne, reply) : Empty(reply);
        if (copied < 0)
        {
            // Retention overtook the reader between the look and the read.
            reply.From(errorAt)[1] = (byte)ErrorCode.OffsetOutOfRange;
            copied = Empty(reply);
        }

        reply.Tags();
        return copied;
    }

    private static void WriteAborted(FetchQuery query, FetchPart part, long limit, WireWriter reply)
    {
        if (!query.ReadCommitted || part.Error != ErrorCode.None)
        {
            reply.NullArray();
            return;
        }

        var aborted = part.Log!.Aborted(part.Offset, limit);
        reply.Array(aborted.Count);
        foreach (var gone in aborted)
        {
            reply.Int64(gone.ProducerId);
            reply.Int64(gone.FirstOffset);
            reply.Tags();
        }
    }

    private static int WriteRecords(PartitionLog log, FetchPart part, long limit, int bytesMax, bool atLeastOne, WireWriter reply)
    {
        if (bytesMax <= 0 && !atLeastOne)
        {
            return Empty(reply);
        }

        // The length comes before the bytes and is known after them: room for it is left, and what was too much is closed up.
        int room = reply.Flexible ? 5 : 4;
        int lengthAt = reply.Length;
        reply.Advance(reply.Free(room).Length);
        int size = log.Read(part.Offset, limit, Math.Max(bytesMax, 0), atLeastOne, reply);
        reply.Truncate(lengthAt);
        if (size < 0)
        {
            return -1;
        }

        reply.BytesLength(size);
        int gap = lengthAt + room - reply.Length;
        var span = reply.Free(gap + size);
        if (gap > 0)
        {
            span.Slice(gap, size).CopyTo(span);
        }

        reply.Advance(size);
        return size;
    }

    private static int Empty(WireWriter reply)
    {
        reply.Bytes(default);
        return 0;
    }
}
