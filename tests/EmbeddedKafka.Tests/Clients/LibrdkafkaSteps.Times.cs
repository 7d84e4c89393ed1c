using Confluent.Kafka;
using Confluent.Kafka.Admin;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Clients;

/// <summary>Offsets by time, and times by the broker.</summary>
public sealed partial class LibrdkafkaSteps
{
    private static Message<byte[], byte[]> MessageAt(long timeMs, string value)
    {
        var message = Message("k", value);
        message.Timestamp = new Timestamp(timeMs, TimestampType.CreateTime);
        return message;
    }

    private async Task WalkTimes(TestBroker broker, IAdminClient admin)
    {
        using var producer = broker.Producer();
        using var consumer = broker.Consumer();
        long At(long timeMs) => consumer.OffsetsForTimes(
            [new TopicPartitionTimestamp("timed", 0, new Timestamp(timeMs, TimestampType.CreateTime))], Patience)[0].Offset.Value;
        async Task<long> Listed(OffsetSpec spec) => (await admin.ListOffsetsAsync(
            [new TopicPartitionOffsetSpec { TopicPartition = new TopicPartition("timed", 0), OffsetSpec = spec }]))
            .ResultInfos.Single().TopicPartitionOffsetError.Offset.Value;

        await _steps.Do("stores the producer's times", async () =>
        {
            foreach (long time in (long[])[1000, 1010, 1020, 1090, 1030])
            {
                await producer.ProduceAsync("timed", MessageAt(time, $"{time}"));
            }

            Assert.Equal([1000, 1010, 1020, 1090, 1030], broker.ReadAll("timed").Select(r => r.Message.Timestamp.UnixTimestampMs));
        });
        await _steps.Do("finds the first offset of a time and after it", () => Assert.Equal((0, 1, 2), (At(500), At(1010), At(1015))));
        await _steps.Do("finds the end when the time is too late", () => Assert.Equal(Offset.End.Value, At(2000)));
        await _steps.Do("tells first and next offset", () =>
        {
            var bounds = consumer.QueryWatermarkOffsets(new TopicPartition("timed", 0), Patience);
            Assert.Equal((0, 5), (bounds.Low.Value, bounds.High.Value));
        });
        await _steps.Do("lists offsets as an administrator", async () => Assert.Equal(
            new long[] { 0, 5, 3, 1 },
            new[]
            {
                await Listed(OffsetSpec.Earliest()), await Listed(OffsetSpec.Latest()),
                await Listed(OffsetSpec.MaxTimestamp()), await Listed(OffsetSpec.ForTimestamp(1005)),
            }));
        await _steps.Do("stamps records itself where the topic says so", async () =>
        {
            await producer.ProduceAsync("stamped", MessageAt(1000, "v"));
            var stamp = broker.ReadAll("stamped", count: 1).Single().Message.Timestamp;
            Assert.Equal(TimestampType.LogAppendTime, stamp.Type);
            Assert.True(DateTime.UtcNow - stamp.UtcDateTime < TimeSpan.FromMinutes(1));
        });
    }
}
