using Confluent.Kafka;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Wire;

public sealed class TransactionTests
{
    private static IProducer<byte[], byte[]> Transactional(TestBroker broker, string id, int timeoutMs = 60_000)
    {
        var producer = broker.Producer(c =>
        {
            c.TransactionalId = id;
            c.TransactionTimeoutMs = timeoutMs;
            c.MessageTimeoutMs = Math.Min(timeoutMs, 15_000);
        });
        producer.InitTransactions(Patience);
        return producer;
    }

    private static IEnumerable<string?> Values(TestBroker broker, string topic, IsolationLevel isolation) =>
        broker.ReadAll(topic, change: c => c.IsolationLevel = isolation).Select(r => Text(r.Message.Value));

    [Fact]
    public async Task Read_committed_sees_what_was_committed_and_nothing_that_was_aborted()
    {
        await using var broker = await StartAsync();
        using var producer = Transactional(broker, "t");
        foreach (string round in (string[])["a", "b", "c"])
        {
            producer.BeginTransaction();
            for (int i = 0; i < 3; i++)
            {
                await producer.ProduceAsync("items", Message("k", $"{round}{i}"));
            }

            if (round == "b")
            {
                producer.AbortTransaction(Patience);
            }
            else
            {
                producer.CommitTransaction(Patience);
            }
        }

        string[] committed = ["a0", "a1", "a2", "c0", "c1", "c2"];
        Assert.Equal(committed, Values(broker, "items", IsolationLevel.ReadCommitted));
        Assert.Equal(9, Values(broker, "items", IsolationLevel.ReadUncommitted).Count());
        await broker.RestartAsync();
        Assert.Equal(committed, Values(broker, "items", IsolationLevel.ReadCommitted));
    }

    [Fact]
    public async Task An_open_transaction_holds_back_readers_until_it_ends_and_the_marker_wakes_them()
    {
        await using var broker = await StartAsync();
        await broker.ProduceAsync("held", "k", "before");
        using var producer = Transactional(broker, "t");
        producer.BeginTransaction();
        await producer.ProduceAsync("held", Message("k", "inside"));
        await broker.ProduceAsync("held", "k", "after");
        Assert.Equal(["before"], Values(broker, "held", IsolationLevel.ReadCommitted));
        Assert.Equal(3, Values(broker, "held", IsolationLevel.ReadUncommitted).Count());

        using var consumer = broker.Consumer(change: c =>
        {
            c.IsolationLevel = IsolationLevel.ReadCommitted;
            c.FetchWaitMaxMs = 10_000;
        });
        consumer.Assign(new TopicPartitionOffset("held", 0, 1));
        await broker.FetchWaitsAsync("held", consumer);
        producer.CommitTransaction(Patience);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal("inside", Text(consumer.Consume(Patience).Message.Value));
        Assert.Equal("after", Text(consumer.Consume(Patience).Message.Value));
        Assert.True(clock.ElapsedMilliseconds < 5000, $"woken after {clock.ElapsedMilliseconds} ms");
    }

    [Fact]
    public async Task A_second_producer_with_the_same_id_fences_the_first_and_aborts_its_transaction()
    {
        await using var broker = await StartAsync();
        using var first = Transactional(broker, "t");
        first.BeginTransaction();
        await first.ProduceAsync("fenced", Message("k", "zombie"));
        using var second = Transactional(broker, "t");
        second.BeginTransaction();
        await second.ProduceAsync("fenced", Message("k", "successor"));
        second.CommitTransaction(Patience);
        var fenced = Assert.ThrowsAny<KafkaException>(() => first.CommitTransaction(Patience));
        Assert.True(fenced.Error.IsFatal, fenced.Error.ToString());
        Assert.Equal(["successor"], Values(broker, "fenced", IsolationLevel.ReadCommitted));
    }

    [Fact]
    public async Task A_transaction_that_takes_too_long_is_aborted()
    {
        await using var broker = await StartAsync();
        using var producer = Transactional(broker, "slow", timeoutMs: 1000);
        producer.BeginTransaction();
        await producer.ProduceAsync("late", Message("k", "late"));
        await broker.ProduceAsync("late", "k", "on time");
        await Eventually.TrueAsync(() => Values(broker, "late", IsolationLevel.ReadCommitted).SequenceEqual(["on time"]), "the transaction is given up");
    }

    [Fact]
    public async Task Offsets_are_committed_with_the_transaction_or_not_at_all()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync("input");
        for (int i = 0; i < 4; i++)
        {
            await broker.ProduceAsync("input", "k", $"{i}");
        }

        using var consumer = broker.Consumer("pipeline");
        consumer.Subscribe("input");
        ConsumeResult<byte[], byte[]>? record = null;
        await Eventually.TrueAsync(() => (record = consumer.Consume(TimeSpan.FromMilliseconds(100))) is not null, "a record");
        using var producer = Transactional(broker, "pipe");
        var next = new TopicPartitionOffset("input", 0, record!.Offset + 1);

        producer.BeginTransaction();
        await producer.ProduceAsync("output", Message("k", "dropped"));
        producer.SendOffsetsToTransaction([next], consumer.ConsumerGroupMetadata, Patience);
        producer.AbortTransaction(Patience);
        Assert.Equal(Offset.Unset, consumer.Committed([next.TopicPartition], Patience)[0].Offset);

        producer.BeginTransaction();
        await producer.ProduceAsync("output", Message("k", "kept"));
        producer.SendOffsetsToTransaction([next], consumer.ConsumerGroupMetadata, Patience);
        Assert.Null(broker.Broker.Inner.Groups.Offsets.Find("pipeline", "input", 0));
        producer.CommitTransaction(Patience);
        Assert.Equal(1, consumer.Committed([next.TopicPartition], Patience)[0].Offset.Value);
        Assert.Equal(["kept"], Values(broker, "output", IsolationLevel.ReadCommitted));
        consumer.Close();
    }

    [Fact]
    public async Task An_open_transaction_survives_a_restart_and_can_be_committed()
    {
        await using var broker = await StartAsync(o => o with { Port = FreePort() });
        using var producer = Transactional(broker, "durable");
        producer.BeginTransaction();
        await producer.ProduceAsync("kept", Message("k", "1"));
        await broker.Broker.DisposeAsync();
        await using var again = await EmbeddedBroker.StartAsync(broker.Options);
        await producer.ProduceAsync("kept", Message("k", "2"));
        producer.CommitTransaction(Patience);
        await again.DisposeAsync();
        await broker.RestartAsync();
        Assert.Equal(["1", "2"], Values(broker, "kept", IsolationLevel.ReadCommitted));
    }

    [Fact]
    public async Task Compaction_drops_what_was_aborted_and_keeps_what_it_would_have_replaced()
    {
        await using var broker = await StartAsync();
        await broker.CreateAsync(
            "compacted", 1, ("cleanup.policy", "compact"), ("segment.bytes", "2000"), ("min.cleanable.dirty.ratio", "0.01"));
        await broker.ProduceAsync("compacted", "precious", "kept");
        using (var producer = Transactional(broker, "t"))
        {
            producer.BeginTransaction();
            await producer.ProduceAsync("compacted", Message("precious", "aborted"));
            producer.AbortTransaction(Patience);
        }

        using var filler = broker.Producer();
        for (int i = 0; i < 100; i++)
        {
            await filler.ProduceAsync("compacted", Message("filler", $"{i}" + new string('x', 100)));
        }

        await Eventually.TrueAsync(() => broker.Broker.Inner.Topics.Find("compacted", 0)!.SizeBytes < 5000, "the log shrinks");
        Assert.DoesNotContain("aborted", Values(broker, "compacted", IsolationLevel.ReadUncommitted));
        Assert.Equal("kept", Values(broker, "compacted", IsolationLevel.ReadCommitted).First());
    }

    private static int FreePort()
    {
        using var probe = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        probe.Start();
        return ((System.Net.IPEndPoint)probe.LocalEndpoint).Port;
    }
}
