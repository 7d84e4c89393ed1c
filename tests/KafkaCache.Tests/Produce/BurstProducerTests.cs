using System.Text;
using Sluice.KafkaCache.Produce;

namespace Sluice.KafkaCache.Tests.Produce;

public sealed class BurstProducerTests : IDisposable
{
    private const int DeadlineMs = 10_000;

    private readonly TestProducer _library = new();
    private readonly BurstProducer _producer;

    public BurstProducerTests() => _producer = new BurstProducer(_library);

    public void Dispose() => _producer.Dispose();

    [Fact]
    public void A_record_alone_goes_out_at_once()
    {
        Listener first = Produce("1");
        Assert.Equal(["1"], Handed);
        _library.Deliver();
        Assert.Equal(0, first.Error);

        Produce("2");
        Assert.Equal(["1", "2"], Handed);
    }

    [Fact]
    public void What_comes_meanwhile_goes_out_in_one_burst_and_in_order_when_all_is_answered()
    {
        Produce("1");
        for (int i = 2; i <= 40; i++)
        {
            Produce($"{i}");
        }

        int early = Handed.Length; // One, or up to four more where this test was interrupted for a millisecond.
        Assert.InRange(early, 1, 40);
        _library.Deliver(early);
        Assert.Equal(Enumerable.Range(1, 40).Select(i => $"{i}"), Handed);
        _library.Deliver(40 - early);
        Produce("41");
        Assert.Equal(41, Handed.Length);
    }

    [Fact]
    public void Partitions_do_not_wait_for_each_other()
    {
        Produce("1", partition: 0);
        Produce("2", partition: 1);
        Produce("3", partition: 0, topic: "others");
        Assert.Equal(["1", "2", "3"], Handed);
    }

    [Fact]
    public async Task A_broker_that_does_not_answer_holds_nothing_back_from_the_library_whose_clock_must_start()
    {
        for (int i = 1; i <= 20; i++)
        {
            Produce($"{i}");
        }

        await UntilAsync(() => Handed.Length == 20);
        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"{i}"), Handed);
    }

    [Fact]
    public void Each_record_that_the_library_does_not_take_hears_so_and_the_next_ones_are_tried()
    {
        Listener first = Produce("1");
        Listener second = Produce("2");
        _library.RefusesWith = 87;
        _library.Deliver(Handed.Length);
        Assert.Equal(0, first.Error);
        Assert.Equal(87, Produce("3").Error);
        Assert.True(second.Error is 87 or 0);

        _library.RefusesWith = 0;
        Assert.Null(Produce("4").Error);
        Assert.Equal("4", Handed[^1]);
    }

    [Fact]
    public void A_flush_hands_over_what_gathers()
    {
        for (int i = 1; i <= 20; i++)
        {
            Produce($"{i}");
        }

        _producer.Flush(0);
        Assert.Equal(20, Handed.Length);
        Produce("21");
        Assert.Equal(21, Handed.Length);
    }

    [Fact]
    public async Task Records_of_many_threads_are_each_handed_over_once_and_each_thread_in_its_order()
    {
        const int Threads = 4;
        const int Each = 5000;
        var library = new AnsweringProducer();
        using var producer = new BurstProducer(library);
        int answered = 0;
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                producer.Produce(Record($"{thread}:{i}", 0, "items"), new Counter(() => Interlocked.Increment(ref answered)));
            }
        })));
        await UntilAsync(() => Volatile.Read(ref answered) == Threads * Each);
        string[] values = library.Stop();
        for (int thread = 0; thread < Threads; thread++)
        {
            string prefix = $"{thread}:";
            Assert.Equal(Enumerable.Range(0, Each).Select(i => $"{prefix}{i}"), values.Where(value => value.StartsWith(prefix, StringComparison.Ordinal)));
        }
    }

    private string[] Handed => [.. _library.Records.ToArray().Select(record => Encoding.UTF8.GetString(record.Value!))];

    private static ProducedRecord Record(string value, int partition, string topic) =>
        new(topic, partition, 0, null, Encoding.UTF8.GetBytes(value), null);

    private static async Task UntilAsync(Func<bool> isDone)
    {
        long deadline = Environment.TickCount64 + DeadlineMs;
        while (!isDone())
        {
            Assert.True(Environment.TickCount64 < deadline, "not within ten seconds");
            await Task.Yield();
        }
    }

    private Listener Produce(string value, int partition = 0, string topic = "items")
    {
        var listener = new Listener();
        Assert.Equal(0, _producer.Produce(Record(value, partition, topic), listener));
        return listener;
    }

    private sealed class Listener : IDeliveryTarget
    {
        public int? Error { get; private set; }

        public void OnDelivered(in Delivery delivery)
        {
            Assert.Null(Error); // Once.
            Error = delivery.Error;
        }
    }

    private sealed class Counter(Action count) : IDeliveryTarget
    {
        public void OnDelivered(in Delivery delivery) => count();
    }

    /// <summary>Answers from a thread of its own, as the library does.</summary>
    private sealed class AnsweringProducer : IRecordProducer
    {
        private readonly System.Collections.Concurrent.BlockingCollection<IDeliveryTarget> _targets = [];
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _values = new();
        private readonly Thread _thread;

        public AnsweringProducer()
        {
            _thread = new Thread(() =>
            {
                foreach (IDeliveryTarget target in _targets.GetConsumingEnumerable())
                {
                    target.OnDelivered(new Delivery(0, "", 0, 1, -1));
                }
            });
            _thread.Start();
        }

        public bool IsFailed => false;

        public int Produce(ProducedRecord record, IDeliveryTarget target)
        {
            _values.Enqueue(Encoding.UTF8.GetString(record.Value!));
            _targets.Add(target);
            return 0;
        }

        public string[] Stop()
        {
            _targets.CompleteAdding();
            _thread.Join();
            return [.. _values];
        }

        public void Flush(int timeoutMs)
        {
        }

        public void Dispose() => _targets.Dispose();
    }
}
