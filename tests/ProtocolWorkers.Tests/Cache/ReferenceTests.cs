using System.Text;
using Sluice.Configuration.Graph;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.KafkaCache.Segments;
using Sluice.ProtocolWorkers.HttpKafka;
using Sluice.ProtocolWorkers.Tests.HttpKafka;
using static Sluice.ProtocolWorkers.Tests.Cache.CacheBed;

namespace Sluice.ProtocolWorkers.Tests.Cache;

/// <summary>design.md §4, payload by reference: from a segment over cache_client and http-kafka to Edge, a value is not copied.</summary>
public sealed class ReferenceTests : IDisposable
{
    private const long Stream = 1 | (1 << 8);
    private const long Reply = Stream & ~1L;
    private const int WindowBytes = 64 * 1024;

    private readonly CacheBed _bed = new();
    private readonly RawPeer _edge;
    private readonly Dictionary<int, byte[]> _files = [];
    private long _streams;

    public ReferenceTests() => _edge = new RawPeer(_bed.Test.Engine, "edge");

    public void Dispose()
    {
        _edge.Die();
        _bed.Dispose();
        _edge.Dispose();
    }

    [Fact]
    public void A_large_value_reaches_Edge_where_it_lies_and_a_small_one_as_bytes()
    {
        BindingConfiguration binding = HttpKafkaBed.Load(Routes.GetOne);
        _bed.Test.Engine.Attach(binding.Id, new HttpKafkaBinding(_bed.Test.Engine, HttpKafkaOptions.Read(binding)));
        _bed.Test.Engine.Attach(binding.Routes[0].Exit!.Id, _bed.Binding);
        string large = new('x', 60_000); // What Edge's window takes at once; what must wait for it is copied.
        TopicWriter topic = _bed.CreateTopic();
        Append(topic, 0, "small", "s");
        Append(topic, 0, "large", large);

        Open(binding.Id, GetOf("/items/large"));
        _bed.Announce(topic);
        (byte[] first, int referred) = ReadBody();
        Assert.Equal(large, Encoding.ASCII.GetString(first));
        Assert.InRange(referred, 0, large.Length - 1); // The first piece came before Edge had mapped the segment.

        Open(binding.Id, GetOf("/items/large"));
        (byte[] second, referred) = ReadBody();
        Assert.Equal((large, large.Length), (Encoding.ASCII.GetString(second), referred));

        Open(binding.Id, GetOf("/items/small"));
        (byte[] small, referred) = ReadBody();
        Assert.Equal(("s", 0), (Encoding.ASCII.GetString(small), referred));
    }

    [Fact]
    public void A_merged_read_over_a_link_refers_to_its_segments()
    {
        TopicWriter topic = _bed.CreateTopic(isCompacted: false);
        for (int i = 0; i < 10; i++)
        {
            Append(topic, 0, $"{i}", new string((char)('a' + i), 40_000));
        }

        string expected = string.Concat(Enumerable.Range(0, 10).Select(i => new string((char)('a' + i), 40_000)));
        Open(ClientId, KafkaBeginEx.WriteMergedFetch(ExtensionWriter.Scratch, "items"u8, isBounded: true, default, default));
        _bed.Announce(topic);
        Assert.Equal(expected, Encoding.ASCII.GetString(ReadBody().Body));
        Open(ClientId, KafkaBeginEx.WriteMergedFetch(ExtensionWriter.Scratch, "items"u8, isBounded: true, default, default));
        (byte[] again, int referred) = ReadBody();
        Assert.Equal((expected, expected.Length), (Encoding.ASCII.GetString(again), referred));
    }

    private static byte[] GetOf(string path)
    {
        ExtensionWriter writer = HttpEx.Write(ExtensionWriter.Scratch);
        writer.AddHeader(":method"u8, "GET"u8);
        writer.AddHeader(":path", path);
        writer.CloseHeaders();
        return writer.Written.ToArray();
    }

    private long ReplyNow => Reply + (_streams << 1);

    private void Open(long bindingId, ReadOnlySpan<byte> extension)
    {
        _streams++;
        long initial = ReplyNow | 1;
        _edge.Send(RawFrames.Begin(initial, bindingId, extension));
        _edge.Send(RawFrames.Window(ReplyNow, 0, WindowBytes));
        _edge.Send(RawFrames.Mark(FrameType.End, initial));
        _bed.Test.TurnUntilIdle();
    }

    // Plays Edge: maps what it is told of, reads what is referred to, acknowledges half windows.
    private (byte[] Body, int Referred) ReadBody()
    {
        var body = new MemoryStream();
        int referred = 0;
        while (true)
        {
            foreach (byte[] record in _edge.Receive())
            {
                switch (RawFrames.TypeOf(record))
                {
                    case FrameType.Source:
                        _files[RawFrames.SourceOf(record)] = File.ReadAllBytes(Encoding.UTF8.GetString(record[80..]));
                        _edge.Send(RawFrames.SourceMapped(RawFrames.SourceOf(record), isMapped: true));
                        break;
                    case FrameType.Data:
                        (int source, long position) = RawFrames.ReferenceOf(record);
                        int bytes = RawFrames.PayloadBytesOf(record);
                        body.Write(source == 0 ? record.AsSpan(^bytes..) : _files[source].AsSpan((int)position, bytes));
                        referred += source == 0 ? 0 : bytes;
                        break;
                    case FrameType.End:
                        return (body.ToArray(), referred);
                }
            }

            _edge.Send(RawFrames.Window(ReplyNow, body.Length, WindowBytes));
            Assert.True(_bed.Test.Turn() > 0, $"nothing moves any more after {body.Length} bytes");
            _bed.Test.TurnUntilIdle();
        }
    }
}
