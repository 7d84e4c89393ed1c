using System.Buffers.Binary;
using System.Net.Sockets;
using Sluice.EmbeddedKafka.Wire;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Wire;

public sealed class FetchSessionTests
{
    private sealed record Answer(ErrorCode Error, int Session, List<(string Topic, int Partition, int Bytes)> Parts);

    private static async Task<Answer> FetchAsync(
        NetworkStream stream, int session, int epoch, (int Partition, long Offset)[] parts, int[]? forgotten = null, int maxBytes = 1 << 20)
    {
        using var writer = new WireWriter();
        writer.Int32(0);
        writer.Int16((short)ApiKey.Fetch);
        writer.Int16(11);
        writer.Int32(1);
        writer.String("tests");
        writer.Int32(-1);
        writer.Int32(0); // does not wait
        writer.Int32(1);
        writer.Int32(maxBytes);
        writer.Int8(0);
        writer.Int32(session);
        writer.Int32(epoch);
        writer.Array(parts.Length == 0 ? 0 : 1);
        if (parts.Length > 0)
        {
            writer.String("many");
            writer.Array(parts.Length);
            foreach (var (partition, offset) in parts)
            {
                writer.Int32(partition);
                writer.Int32(-1);
                writer.Int64(offset);
                writer.Int64(-1);
                writer.Int32(1 << 20);
            }
        }

        writer.Array(forgotten is null ? 0 : 1);
        if (forgotten is not null)
        {
            writer.String("many");
            writer.Array(forgotten.Length);
            Array.ForEach(forgotten, writer.Int32);
        }

        writer.String("");
        writer.PatchInt32(0, writer.Length - 4);
        await stream.WriteAsync(writer.Written);
        byte[] head = new byte[4];
        await stream.ReadExactlyAsync(head);
        byte[] body = new byte[BinaryPrimitives.ReadInt32BigEndian(head)];
        await stream.ReadExactlyAsync(body);
        return Read(body);
    }

    private static Answer Read(byte[] body)
    {
        var reader = new WireReader(body, flexible: false);
        reader.Int64(); // correlation id, throttle
        var answer = new Answer((ErrorCode)reader.Int16(), reader.Int32(), []);
        for (int i = reader.Array(); i > 0; i--)
        {
            string topic = reader.String();
            for (int j = reader.Array(); j > 0; j--)
            {
                int partition = reader.Int32();
                Assert.Equal(0, reader.Int16());
                reader.Int64();
                reader.Int64();
                reader.Int64();
                Assert.Equal(-1, reader.Array());
                reader.Int32();
                answer.Parts.Add((topic, partition, reader.NullableBytes().Length));
            }
        }

        Assert.False(reader.Failed);
        Assert.Equal(0, reader.Remaining);
        return answer;
    }

    [Fact]
    public async Task A_session_hears_only_what_is_new()
    {
        await using var broker = await StartAsync(o => o with { Topics = [new TopicSpec("many", 3)] });
        using var client = new TcpClient("127.0.0.1", broker.Broker.Port);
        var stream = client.GetStream();
        var full = await FetchAsync(stream, 0, 0, [(0, 0), (1, 0), (2, 0)]);
        Assert.Equal([0, 1, 2], full.Parts.Select(p => p.Partition));
        Assert.NotEqual(0, full.Session);

        Assert.Empty((await FetchAsync(stream, full.Session, 1, [])).Parts);
        using var producer = broker.Producer();
        await producer.ProduceAsync(new Confluent.Kafka.TopicPartition("many", 1), Message("k", "v"));
        var news = await FetchAsync(stream, full.Session, 2, []);
        Assert.Equal(1, Assert.Single(news.Parts).Partition);
        Assert.True(news.Parts[0].Bytes > 60);

        Assert.Empty((await FetchAsync(stream, full.Session, 3, [(1, 1)])).Parts);
        await producer.ProduceAsync(new Confluent.Kafka.TopicPartition("many", 2), Message("k", "v"));
        Assert.Empty((await FetchAsync(stream, full.Session, 4, [], forgotten: [2])).Parts);
    }

    [Fact]
    public async Task Partitions_take_turns_when_the_answer_is_small()
    {
        await using var broker = await StartAsync(o => o with { Topics = [new TopicSpec("many", 2)] });
        using var producer = broker.Producer();
        for (int i = 0; i < 4; i++)
        {
            await producer.ProduceAsync(new Confluent.Kafka.TopicPartition("many", i & 1), Message("k", new string('x', 500)));
        }

        using var client = new TcpClient("127.0.0.1", broker.Broker.Port);
        var stream = client.GetStream();
        var first = await FetchAsync(stream, 0, 0, [(0, 0), (1, 0)], maxBytes: 1);
        Assert.Equal(0, first.Parts.Single(p => p.Bytes > 0).Partition);
        var second = await FetchAsync(stream, first.Session, 1, [(0, 1)], maxBytes: 1);
        Assert.Equal(1, second.Parts.Single(p => p.Bytes > 0).Partition);
    }

    [Fact]
    public async Task A_wrong_session_or_epoch_is_told_so()
    {
        await using var broker = await StartAsync(o => o with { Topics = [new TopicSpec("many")] });
        using var client = new TcpClient("127.0.0.1", broker.Broker.Port);
        var stream = client.GetStream();
        Assert.Equal(ErrorCode.FetchSessionIdNotFound, (await FetchAsync(stream, 77, 1, [])).Error);
        int session = (await FetchAsync(stream, 0, 0, [(0, 0)])).Session;
        Assert.Equal(ErrorCode.InvalidFetchSessionEpoch, (await FetchAsync(stream, session, 5, [])).Error);
        Assert.Equal(0, (await FetchAsync(stream, session, -1, [(0, 0)])).Session);
        Assert.Equal(ErrorCode.FetchSessionIdNotFound, (await FetchAsync(stream, session, 1, [])).Error);
    }
}
