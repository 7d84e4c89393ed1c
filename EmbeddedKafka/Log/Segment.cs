using Microsoft.Win32.SafeHandles;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>One file of a partition's log: record batches back to back, exactly as clients will fetch them.</summary>
/// <remarks>Appended by one thread at a time (the log's lock); read by any thread up to <see cref="SizeBytes"/>.</remarks>
internal sealed class Segment : IDisposable
{
    private long _size;
    private long _nextOffset;

    private Segment(string path, long baseOffset, SafeFileHandle file, long createdAtMs)
    {
        (Path, BaseOffset, File, CreatedAtMs) = (path, baseOffset, file, createdAtMs);
        _nextOffset = baseOffset;
    }

    public string Path { get; set; }

    public long BaseOffset { get; }

    public SafeFileHandle File { get; }

    public SparseIndex Index { get; private set; } = new();

    /// <summary>When the file was started, by the wall clock.</summary>
    public long CreatedAtMs { get; }

    public long SizeBytes => Volatile.Read(ref _size);

    /// <summary>One past the last offset of the last batch.</summary>
    public long NextOffset => Volatile.Read(ref _nextOffset);

    /// <summary>The greatest timestamp in the segment, -1 when there is none.</summary>
    public long MaxTimestamp { get; private set; } = -1;

    /// <summary>Where the batch with the greatest timestamp starts.</summary>
    public long MaxTimestampPosition { get; private set; }

    /// <summary>Bytes were written that may not be on the disk yet.</summary>
    public bool IsDirty { get; set; }

    public bool HasIndexFile { get; set; }

    public static string NameOf(long baseOffset) => baseOffset.ToString("D20", System.Globalization.CultureInfo.InvariantCulture);

    public static Segment Create(string directory, long baseOffset, long nowMs)
    {
        string path = System.IO.Path.Combine(directory, NameOf(baseOffset) + ".log");
        var file = System.IO.File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        return new Segment(path, baseOffset, file, nowMs);
    }

    /// <summary>Opens a file without looking into it; <see cref="SegmentFiles"/> fills in what it holds.</summary>
    public static Segment Open(string path, long baseOffset)
    {
        var file = System.IO.File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        long written = new DateTimeOffset(System.IO.File.GetLastWriteTimeUtc(path)).ToUnixTimeMilliseconds();
        return new Segment(path, baseOffset, file, written);
    }

    /// <summary>Takes over what an index file says about a file that has not changed since.</summary>
    public void Restore(long size, long nextOffset, long maxTimestamp, long maxTimestampPosition, SparseIndex index)
    {
        (_size, _nextOffset, MaxTimestamp, MaxTimestampPosition, Index) = (size, nextOffset, maxTimestamp, maxTimestampPosition, index);
        HasIndexFile = true;
    }

    /// <summary>Writes one batch at the end, with <paramref name="sync"/> through to the disk. It counts only once that is done:
    /// after a failure the file is cut back, the segment is as it was, and the failure goes on to the caller.</summary>
    public void Append(Batch batch, bool sync)
    {
        long at = _size;
        HasIndexFile = false;
        try
        {
            RandomAccess.Write(File, batch.Bytes, at);
            IsDirty = true;
            if (sync)
            {
                Flush();
            }
        }
        catch (IOException)
        {
            RandomAccess.SetLength(File, at);
            throw;
        }

        Account(batch, at);
    }

    /// <summary>Counts a batch that lies in the file already.</summary>
    public void Account(Batch batch, long at)
    {
        Index.Note(batch.BaseOffset - BaseOffset, at, MaxTimestamp);
        if (batch.MaxTimestamp > MaxTimestamp)
        {
            (MaxTimestamp, MaxTimestampPosition) = (batch.MaxTimestamp, at);
        }

        Volatile.Write(ref _nextOffset, batch.LastOffset + 1);
        Volatile.Write(ref _size, at + batch.SizeBytes);
    }

    /// <summary>Finds the batch that holds <paramref name="offset"/>, or the first one after it.</summary>
    public bool TryFind(long offset, out long position, out long batchOffset, out int batchBytes)
    {
        position = Index.PositionOfOffset(offset - BaseOffset);
        Span<byte> chunk = stackalloc byte[2048];
        for (long size = SizeBytes; position < size;)
        {
            int n = RandomAccess.Read(File, chunk, position);
            int at = 0;
            while (at + Batch.HeaderBytes <= n)
            {
                var batch = new Batch(chunk[at..]);
                batchBytes = batch.SizeBytes;
                batchOffset = batch.BaseOffset;
                if (batch.LastOffset >= offset && position < size)
                {
                    return true;
                }

                position += batchBytes;
                if (batchBytes > n - at)
                {
                    at = n;
                    break;
                }

                at += batchBytes;
            }

            if (n < Batch.HeaderBytes)
            {
                break;
            }
        }

        (batchOffset, batchBytes) = (-1, 0);
        return false;
    }

    public void Flush()
    {
        IsDirty = false;
        try
        {
            RandomAccess.FlushToDisk(File);
        }
        catch
        {
            IsDirty = true;
            throw;
        }
    }

    public void Dispose() => File.Dispose();
}
