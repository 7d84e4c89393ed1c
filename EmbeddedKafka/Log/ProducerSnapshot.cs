using System.Text.Json;

namespace Sluice.EmbeddedKafka.Log;

/// <summary>A transaction that was aborted: its records are in the log, and read_committed clients are told to skip them.</summary>
internal sealed record AbortedTransaction(long ProducerId, long FirstOffset, long LastOffset);

/// <summary>Producers and aborted transactions as of one offset, kept beside the log so that a start reads its tail only.</summary>
internal sealed record ProducerSnapshot(long Offset, List<ProducerSnapshot.Producer> Producers, List<AbortedTransaction> Aborted)
{
    private const string FileName = "producers.json";

    internal sealed record Producer(long Id, short Epoch, long SeenAtMs, long OpenFrom, List<ProducerTable.Sent> Batches);

    public static ProducerSnapshot Of(long offset, ProducerTable table, List<AbortedTransaction> aborted) => new(
        offset,
        [.. table.Entries.Select(e => new Producer(e.Key, e.Value.Epoch, e.Value.SeenAtMs, e.Value.OpenFrom, [.. e.Value.Batches]))],
        [.. aborted]);

    public void Save(string directory) =>
        AtomicFile.Write(Path.Combine(directory, FileName), JsonSerializer.SerializeToUtf8Bytes(this));

    /// <summary>The snapshot, or null when there is none that can be read: then the whole log is read instead.</summary>
    public static ProducerSnapshot? Load(string directory)
    {
        string path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<ProducerSnapshot>(File.ReadAllBytes(path));
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public void Restore(ProducerTable table, List<AbortedTransaction> aborted)
    {
        foreach (var producer in Producers)
        {
            var entry = new ProducerTable.Entry { Epoch = producer.Epoch, SeenAtMs = producer.SeenAtMs, OpenFrom = producer.OpenFrom };
            entry.Batches.AddRange(producer.Batches);
            table.Entries[producer.Id] = entry;
        }

        aborted.AddRange(Aborted);
    }
}
