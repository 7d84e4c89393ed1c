using Confluent.Kafka;
using Confluent.Kafka.Admin;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Clients;

/// <summary>Transactions and who may read what of them.</summary>
public sealed partial class LibrdkafkaSteps
{
    private static IProducer<byte[], byte[]> Transactional(TestBroker broker, string id)
    {
        var producer = broker.Producer(c => c.TransactionalId = id);
        producer.InitTransactions(Patience);
        return producer;
    }

    private async Task WalkTransactions(TestBroker broker, IAdminClient admin)
    {
        using var producer = Transactional(broker, "walk");
        await _steps.Do("aborts a transaction", async () =>
        {
            producer.BeginTransaction();
            await producer.ProduceAsync("txn", Message("k", "aborted"));
            producer.AbortTransaction(Patience);
        });
        await _steps.Do("commits a transaction", async () =>
        {
            producer.BeginTransaction();
            await producer.ProduceAsync("txn", Message("k", "committed"));
            producer.CommitTransaction(Patience);
        });
        await _steps.Do("reads only what was committed", () => Assert.Equal(["committed"], Values(broker, "txn", IsolationLevel.ReadCommitted)));
        await _steps.Do("reads what was aborted too, when it wants to", () =>
            Assert.Equal(["aborted", "committed"], Values(broker, "txn", IsolationLevel.ReadUncommitted)));
        await _steps.Do("commits offsets with the transaction or not at all", async () =>
        {
            using var consumer = broker.Consumer("pipeline");
            consumer.Subscribe("timed");
            var next = new TopicPartitionOffset(Timed, ReadInGroup(consumer).Offset + 1);
            foreach (bool commit in (bool[])[false, true])
            {
                producer.BeginTransaction();
                await producer.ProduceAsync("txn", Message("k", commit ? "together" : "dropped"));
                producer.SendOffsetsToTransaction([next], consumer.ConsumerGroupMetadata, Patience);
                if (commit)
                {
                    producer.CommitTransaction(Patience);
                }
                else
                {
                    producer.AbortTransaction(Patience);
                }

                var known = await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions("pipeline", [Timed])]);
                Assert.Equal(commit ? next.Offset : Offset.Unset, known.Single().Partitions.Single().Offset);
            }

            consumer.Close();
        });
        await _steps.Do("holds back what follows an open transaction", async () =>
        {
            producer.BeginTransaction();
            await producer.ProduceAsync("held", Message("k", "inside"));
            await broker.ProduceAsync("held", "k", "after");
            Assert.Empty(Values(broker, "held", IsolationLevel.ReadCommitted));
            Assert.Equal(["inside", "after"], Values(broker, "held", IsolationLevel.ReadUncommitted));
        });
        await _steps.Do("lets it go with the end of the transaction", () =>
        {
            producer.CommitTransaction(Patience);
            Assert.Equal(["inside", "after"], Values(broker, "held", IsolationLevel.ReadCommitted));
        });
        await _steps.Do("fences a producer whose transactional id was taken over", async () =>
        {
            producer.BeginTransaction();
            await producer.ProduceAsync("txn", Message("k", "zombie"));
            using var successor = Transactional(broker, "walk");
            successor.BeginTransaction();
            await successor.ProduceAsync("txn", Message("k", "successor"));
            successor.CommitTransaction(Patience);
            Assert.True(Assert.ThrowsAny<KafkaException>(() => producer.CommitTransaction(Patience)).Error.IsFatal);
            Assert.Equal(["committed", "together", "successor"], Values(broker, "txn", IsolationLevel.ReadCommitted));
        });
    }
}
