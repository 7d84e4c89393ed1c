using Sluice.EmbeddedKafka.Log;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>Writes the partitions of a fetch answer, records copied from the page cache straight into the send buffer.</summary>
internal static class FetchAnswer
{
    public static void Write(short version, FetchQuery query, WireWriter reply)
    {
        int left = query.MaxBytes;
        bool first = true;
        reply.Array(query.Topics.Count);
        foreach (var (name, id, parts) in query.Topics)
        {
            if (version >= 13)
            {
                reply.Uuid(id);
            }
            else
            {
                reply.String(name);
            }

            reply.Array(parts.Count);
            foreach (var part in parts)
            {
                // The first batch of an answer comes whole whatever its size, or a client with small limits would never get on.
                int copied = WritePart(version, query, part, left, first, reply);
                left -= copied;
                first &= copied == 0;
            }

            reply.Tags();
        }
    }

    private static int WritePart(short version, FetchQuery query, FetchPart part, int left, bool atLeastOne, WireWriter reply)
    {
        var log = part.Log;
        bool ok = part.Error == ErrorCode.None;
        // Limits before bytes: what is told as stable must cover what is sent, never less.
        long end = ok ? log!.EndOffset : -1;
        long stable = ok ? log!.StableOffset : -1;
        long limit = query.ReadCommitted ? stable : end;
        reply.Int32(part.Partition);
        int errorAt = reply.Length;
        reply.Error(part.Error);
        reply.Int64(end);
        reply.Int64(stable);
        if (version >= 5)
        {
            reply.Int64(log?.StartOffset ?? -1);
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
        const int RoomBytes = 5;
        int lengthAt = reply.Length;
        reply.Advance(reply.Free(RoomBytes).Length);
        int size = log.Read(part.Offset, limit, Math.Max(bytesMax, 0), atLeastOne, reply);
        if (size < 0)
        {
            reply.Truncate(lengthAt);
            return -1;
        }

        reply.Truncate(lengthAt);
        reply.BytesLength(size);
        int gap = lengthAt + RoomBytes - reply.Length;
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
