using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Produce;

/// <summary>The producers of one kafka client: one for each way of acknowledging, made when it is first asked for. Any thread.</summary>
internal sealed class ProducerSet(ProducerFactory factory) : IDisposable
{
    private const int FlushTimeoutMs = 4000; // Of the ten seconds that a service has to stop.

    private readonly Lock _lock = new();
    private readonly Dictionary<KafkaAcks, Task<IRecordProducer>> _producers = [];
    private Dictionary<KafkaAcks, IRecordProducer> _ready = []; // Replaced, never changed: engines read it without the lock.
    private bool _isDisposed;

    /// <summary>The producer, when it is there: without a lock then, since every stream asks. Else it is made, see <see cref="GetAsync"/>.</summary>
    public bool TryGet(KafkaAcks acks, out IRecordProducer producer)
    {
        if (Volatile.Read(ref _ready).TryGetValue(acks, out producer!) && !producer.IsFailed)
        {
            return true;
        }

        lock (_lock)
        {
            Task<IRecordProducer>? task = _isDisposed ? null : GetAsync(acks);
            producer = task is { IsCompletedSuccessfully: true } ? task.Result : null!;
            return producer is not null;
        }
    }

    /// <summary>The producer; it is made beside the engines, since that takes some milliseconds.</summary>
    public Task<IRecordProducer> GetAsync(KafkaAcks acks)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_producers.TryGetValue(acks, out Task<IRecordProducer>? task))
            {
                if (!task.IsCompleted || (task.IsCompletedSuccessfully && !task.Result.IsFailed))
                {
                    return task;
                }

                Discard(task);
            }

            return _producers[acks] = Task.Run(() => Make(acks));
        }
    }

    /// <summary>Lets what was taken be delivered, then ends the producers.</summary>
    public void Dispose()
    {
        Task<IRecordProducer>[] tasks;
        lock (_lock)
        {
            _isDisposed = true;
            tasks = [.. _producers.Values];
            _producers.Clear();
            Volatile.Write(ref _ready, []);
        }

        foreach (Task<IRecordProducer> task in tasks)
        {
            try
            {
                using IRecordProducer producer = task.GetAwaiter().GetResult();
                producer.Flush(FlushTimeoutMs);
            }
            catch (Exception exception) when (exception is InvalidOperationException or Confluent.Kafka.KafkaException)
            {
                // It was never made.
            }
        }
    }

    private IRecordProducer Make(KafkaAcks acks)
    {
        IRecordProducer producer = factory(acks);
        lock (_lock)
        {
            if (!_isDisposed)
            {
                Volatile.Write(ref _ready, new Dictionary<KafkaAcks, IRecordProducer>(_ready) { [acks] = producer });
            }
        }

        return producer;
    }

    // What it still holds fails or is delivered by itself; its reports go to the streams that wait for them.
    private static void Discard(Task<IRecordProducer> task)
    {
        if (task.IsCompletedSuccessfully)
        {
            Task.Run(() =>
            {
                using IRecordProducer producer = task.Result;
                producer.Flush(FlushTimeoutMs);
            });
        }
    }
}
