using System.Buffers.Binary;
using System.Net.Sockets;
using Sluice.EmbeddedKafka.Wire;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Groups;

/// <summary>The next-generation group protocol byte by byte, where a well-behaved client cannot be made to misbehave.</summary>
public sealed class ConsumerHeartbeatTests
{
    private const int Version = 1;

    private sealed record Beat(ErrorCode Error, string? Message, string? MemberId, int Epoch, int IntervalMs, int[]? Partitions);

    private sealed class Wire(TcpClient client) : IDisposable
    {
        public static async Task<Wire> ConnectAsync(TestBroker broker)
        {
            var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", broker.Broker.Port);
            return new Wire(client);
        }

        public void Dispose() => client.Dispose();

        public async Task<byte[]> AskAsync(ApiKey key, short version, Action<WireWriter> body)
        {
            using var frame = new WireWriter { Flexible = false };
            frame.Int32(0);
            frame.Int16((short)key);
            frame.Int16(version);
            frame.Int32(7);
            frame.String("test");
            frame.Flexible = true;
            frame.Tags();
            body(frame);
            frame.PatchInt32(0, frame.Length - 4);
            var stream = client.GetStream();
            await stream.WriteAsync(frame.Written);
            byte[] head = new byte[4];
            await stream.ReadExactlyAsync(head);
            byte[] answer = new byte[BinaryPrimitives.ReadInt32BigEndian(head)];
            await stream.ReadExactlyAsync(answer);
            return answer[5..]; // correlation id, tags
        }

        public async Task<Beat> BeatAsync(
            string member, int epoch, Guid topic, int[]? owned, string? instance = null, string? assignor = null, bool full = false, int revokeMs = 60_000) =>
            Read(await AskAsync(ApiKey.ConsumerGroupHeartbeat, Version, body =>
            {
                full |= epoch == 0;
                body.String("group");
                body.String(member);
                body.Int32(epoch);
                body.String(instance);
                body.String(null);
                body.Int32(full ? revokeMs : -1);
                if (full)
                {
                    body.Array(1);
                    body.String("topic");
                }
                else
                {
                    body.NullArray();
                }

                body.String(null);
                body.String(assignor);
                WriteOwned(body, topic, owned);
                body.Tags();
            }));

        private static void WriteOwned(WireWriter body, Guid topic, int[]? owned)
        {
            if (owned is null)
            {
                body.NullArray();
                return;
            }

            body.Array(owned.Length > 0 ? 1 : 0);
            if (owned.Length > 0)
            {
                body.Uuid(topic);
                body.Array(owned.Length);
                Array.ForEach(owned, body.Int32);
                body.Tags();
            }
        }

        private static Beat Read(byte[] answer)
        {
            var reader = new WireReader(answer, flexible: true);
            reader.Int32();
            var (error, message, member, epoch, interval) =
                ((ErrorCode)reader.Int16(), reader.NullableString(), reader.NullableString(), reader.Int32(), reader.Int32());
            List<int>? partitions = null;
            if (reader.Int8() >= 0)
            {
                partitions = [];
                for (int i = reader.Array(); i > 0; i--)
                {
                    reader.Uuid();
                    for (int j = reader.Array(); j > 0; j--)
                    {
                        partitions.Add(reader.Int32());
                    }

                    reader.Tags();
                }

                reader.Tags();
            }

            reader.Tags();
            Assert.False(reader.Failed);
            Assert.Equal(0, reader.Remaining);
            return new Beat(error, message, member, epoch, interval, partitions?.ToArray());
        }
    }

    private static async Task<(TestBroker Broker, Wire Wire, Guid Topic)> StartGroupAsync(int partitions, int sessionTimeoutMs = 20_000)
    {
        var broker = await StartAsync(o => o with { ConsumerSessionTimeoutMs = sessionTimeoutMs });
        await broker.CreateAsync("topic", partitions);
        return (broker, await Wire.ConnectAsync(broker), broker.Broker.Inner.Topics.Find("topic")!.Id);
    }

    [Fact]
    public async Task A_partition_is_given_away_only_after_its_reader_let_go()
    {
        var (broker, wire, topic) = await StartGroupAsync(2);
        await using var _ = broker;
        using var __ = wire;
        var first = await wire.BeatAsync("a", 0, topic, []);
        Assert.Equal((ErrorCode.None, "a", 1000), (first.Error, first.MemberId, first.IntervalMs));
        Assert.Equal([0, 1], first.Partitions!);
        Assert.Null((await wire.BeatAsync("a", first.Epoch, topic, null)).Partitions);

        var second = await wire.BeatAsync("b", 0, topic, []);
        Assert.Empty(second.Partitions!);
        var told = await wire.BeatAsync("a", first.Epoch, topic, [0, 1]);
        Assert.Equal<int[]>([0], told.Partitions!);
        Assert.Equal(first.Epoch, told.Epoch);
        Assert.Null((await wire.BeatAsync("b", second.Epoch, topic, null)).Partitions);

        var confirmed = await wire.BeatAsync("a", first.Epoch, topic, [0]);
        Assert.Equal(second.Epoch, confirmed.Epoch);
        Assert.Equal<int[]>([1], (await wire.BeatAsync("b", second.Epoch, topic, null)).Partitions!);
    }

    [Fact]
    public async Task Wrong_epochs_are_fenced_but_a_lost_answer_is_forgiven()
    {
        var (broker, wire, topic) = await StartGroupAsync(2);
        await using var _ = broker;
        using var __ = wire;
        Assert.Equal(ErrorCode.UnknownMemberId, (await wire.BeatAsync("a", 5, topic, null)).Error);
        var joined = await wire.BeatAsync("a", 0, topic, []);
        Assert.Equal(ErrorCode.UnknownMemberId, (await wire.BeatAsync("other", joined.Epoch, topic, null)).Error);
        Assert.Equal(ErrorCode.FencedMemberEpoch, (await wire.BeatAsync("a", joined.Epoch + 1, topic, null)).Error);

        await wire.BeatAsync("b", 0, topic, []);
        await wire.BeatAsync("a", joined.Epoch, topic, [0, 1]);
        var raised = await wire.BeatAsync("a", joined.Epoch, topic, [0]);
        Assert.True(raised.Epoch > joined.Epoch);
        Assert.Equal(ErrorCode.FencedMemberEpoch, (await wire.BeatAsync("a", joined.Epoch, topic, null)).Error);
        Assert.Equal(ErrorCode.FencedMemberEpoch, (await wire.BeatAsync("a", joined.Epoch, topic, [0, 1])).Error);
        var again = await wire.BeatAsync("a", joined.Epoch, topic, [0], full: true);
        Assert.Equal((ErrorCode.None, raised.Epoch), (again.Error, again.Epoch));
        Assert.Equal([0], again.Partitions!);

        Assert.Equal(ErrorCode.StaleMemberEpoch, await CommitAsync(wire, "a", joined.Epoch));
        Assert.Equal(ErrorCode.UnknownMemberId, await CommitAsync(wire, "ghost", raised.Epoch));
        Assert.Equal(ErrorCode.UnknownMemberId, await CommitAsync(wire, "", -1));
        Assert.Equal(ErrorCode.None, await CommitAsync(wire, "a", raised.Epoch));
        Assert.Equal(ErrorCode.StaleMemberEpoch, await FetchAsync(wire, "a", joined.Epoch));
        Assert.Equal(ErrorCode.None, await FetchAsync(wire, "a", raised.Epoch));

        Assert.Equal(-1, (await wire.BeatAsync("a", -1, topic, null)).Epoch);
        Assert.Equal(ErrorCode.UnknownMemberId, (await wire.BeatAsync("a", raised.Epoch, topic, null)).Error);
    }

    [Fact]
    public async Task An_instance_is_taken_over_only_once_it_was_released()
    {
        var (broker, wire, topic) = await StartGroupAsync(2);
        await using var _ = broker;
        using var __ = wire;
        var first = await wire.BeatAsync("a", 0, topic, [], instance: "one");
        Assert.Equal(ErrorCode.UnreleasedInstanceId, (await wire.BeatAsync("b", 0, topic, [], instance: "one")).Error);
        Assert.Equal(ErrorCode.FencedInstanceId, (await wire.BeatAsync("b", first.Epoch, topic, null, instance: "one")).Error);
        Assert.Equal(-2, (await wire.BeatAsync("a", -2, topic, null, instance: "one")).Epoch);
        var returned = await wire.BeatAsync("b", 0, topic, [], instance: "one");
        Assert.Equal((ErrorCode.None, first.Epoch), (returned.Error, returned.Epoch));
        Assert.Equal([0, 1], returned.Partitions!);
    }

    [Fact]
    public async Task What_cannot_be_is_refused_with_a_sentence()
    {
        var (broker, wire, topic) = await StartGroupAsync(1);
        await using var _ = broker;
        using var __ = wire;
        var assignor = await wire.BeatAsync("a", 0, topic, [], assignor: "sticky");
        Assert.Equal(ErrorCode.UnsupportedAssignor, assignor.Error);
        Assert.Contains("uniform and range", assignor.Message);
        Assert.Equal(ErrorCode.InvalidRequest, (await wire.BeatAsync("", 0, topic, [])).Error);
        Assert.Equal(ErrorCode.InvalidRequest, (await wire.BeatAsync("a", 0, topic, [0])).Error);
        Assert.Equal(ErrorCode.InvalidRequest, (await wire.BeatAsync("a", -2, topic, null)).Error);
        Assert.Equal(ErrorCode.InvalidRequest, (await wire.BeatAsync("a", -3, topic, null)).Error);
    }

    [Fact]
    public async Task Who_does_not_let_go_in_time_is_given_up()
    {
        var (broker, wire, topic) = await StartGroupAsync(2);
        await using var _ = broker;
        using var __ = wire;
        var first = await wire.BeatAsync("a", 0, topic, [], revokeMs: 300);
        var second = await wire.BeatAsync("b", 0, topic, []);
        await wire.BeatAsync("a", first.Epoch, topic, [0, 1]);
        await Eventually.TrueAsync(() => broker.Broker.Inner.Groups.Describe("group").Members.Count == 1, "the stubborn member is given up");
        Assert.Equal<int[]>([0, 1], (await wire.BeatAsync("b", second.Epoch, topic, null)).Partitions!);
        Assert.Equal(ErrorCode.UnknownMemberId, (await wire.BeatAsync("a", first.Epoch, topic, [0, 1])).Error);
    }

    [Fact]
    public async Task A_group_is_described_with_epochs_shares_and_targets()
    {
        var (broker, wire, topic) = await StartGroupAsync(1);
        await using var _ = broker;
        using var __ = wire;
        var joined = await wire.BeatAsync("a", 0, topic, []);
        Describe(await wire.AskAsync(ApiKey.ConsumerGroupDescribe, 1, body =>
        {
            body.Array(2);
            body.String("group");
            body.String("nobody");
            body.Bool(false);
            body.Tags();
        }));

        void Describe(byte[] answer)
        {
            var reader = new WireReader(answer, flexible: true);
            Assert.Equal((0, 2), (reader.Int32(), reader.Array()));
            Assert.Equal((ErrorCode.None, null, "group", "Stable"), ((ErrorCode)reader.Int16(), reader.NullableString(), reader.String(), reader.String()));
            Assert.Equal((joined.Epoch, joined.Epoch, "uniform"), (reader.Int32(), reader.Int32(), reader.String()));
            Assert.Equal((1, "a", null, null, joined.Epoch), (reader.Array(), reader.String(), reader.NullableString(), reader.NullableString(), reader.Int32()));
            Assert.Equal(("test", "/127.0.0.1", 1, "topic", null), (reader.String(), reader.String(), reader.Array(), reader.String(), reader.NullableString()));
            for (int share = 0; share < 2; share++)
            {
                Assert.Equal((1, topic, "topic", 1, 0), (reader.Array(), reader.Uuid(), reader.String(), reader.Array(), reader.Int32()));
                reader.Tags();
                reader.Tags();
            }

            Assert.Equal(1, reader.Int8());
            reader.Tags();
            Assert.Equal(int.MinValue, reader.Int32());
            reader.Tags();
            Assert.Equal(ErrorCode.GroupIdNotFound, (ErrorCode)reader.Int16());
            Assert.False(reader.Failed);
        }
    }

    private static async Task<ErrorCode> CommitAsync(Wire wire, string member, int epoch)
    {
        byte[] answer = await wire.AskAsync(ApiKey.OffsetCommit, 9, body =>
        {
            body.String("group");
            body.Int32(epoch);
            body.String(member);
            body.String(null);
            body.Array(1);
            body.String("topic");
            body.Array(1);
            body.Int32(0);
            body.Int64(1);
            body.Int32(-1);
            body.String("");
            body.Tags();
            body.Tags();
            body.Tags();
        });
        var reader = new WireReader(answer, flexible: true);
        Assert.Equal((0, 1, "topic", 1, 0), (reader.Int32(), reader.Array(), reader.String(), reader.Array(), reader.Int32()));
        return (ErrorCode)reader.Int16();
    }

    private static async Task<ErrorCode> FetchAsync(Wire wire, string member, int epoch)
    {
        byte[] answer = await wire.AskAsync(ApiKey.OffsetFetch, 9, body =>
        {
            body.Array(1);
            body.String("group");
            body.String(member);
            body.Int32(epoch);
            body.Array(0);
            body.Tags();
            body.Bool(false);
            body.Tags();
        });
        var reader = new WireReader(answer, flexible: true);
        Assert.Equal((0, 1, "group", 0), (reader.Int32(), reader.Array(), reader.String(), reader.Array()));
        return (ErrorCode)reader.Int16();
    }
}
