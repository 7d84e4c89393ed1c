using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>design.md §4, payload by reference, as the receiver takes it: what it maps, what a handler sees, and what ends the link.</summary>
public sealed class ReferredPayloadTests : IDisposable
{
    private const long Server = 3;
    private const long Proxy = 4;
    private const long Next = 5;
    private const long Stream = 1 | (1 << 8);
    private const int Bytes = 4096;

    private readonly TestEngine _test = new();
    private readonly TestSource _file = new();
    private readonly ScriptedBinding _binding = new(_ => new ScriptedStream { WindowBytes = 1 << 20 });
    private readonly List<RawPeer> _peers = [];
    private readonly RawPeer _peer;

    public ReferredPayloadTests()
    {
        _test.Engine.Attach(Server, _binding);
        _peer = Join("raw");
    }

    public void Dispose()
    {
        _peers.ForEach(peer => peer.Die());
        _test.TurnUntil(() => _peers.TrueForAll(peer => peer.MapCount == 0)); // Whatever a test did: nothing stays mapped for a link that is gone.
        _test.Dispose();
        _peers.ForEach(peer => peer.Dispose());
        _file.Dispose();
    }

    [Fact]
    public void A_handler_sees_the_bytes_where_they_lie_in_the_file()
    {
        Map(1, _file.Path);
        Send(RawFrames.Begin(Stream, Server), RawFrames.Reference(Stream, 0, 1, 300, Bytes, "facts"u8), RawFrames.Data(Stream, Bytes, [1, 2]));
        Assert.Equal([.. _file.At(300, Bytes), 1, 2], _binding.Streams[0].Received);
        Assert.Equal("facts"u8.ToArray(), _binding.Streams[0].Extensions[1]);
        Assert.Equal(Bytes + 2, _test.Engine.Counters.DataBytesReceived);
        Assert.False(_peer.IsClosed);
    }

    [Fact]
    public void A_file_that_lost_its_name_in_time_is_read_to_the_end()
    {
        Map(1, _file.Path);
        File.Delete(_file.Path);
        Send(RawFrames.Begin(Stream, Server), RawFrames.Reference(Stream, 0, 1, 0, Bytes), RawFrames.Reference(Stream, Bytes, 1, 9, Bytes), RawFrames.SourceGone(1));
        Assert.Equal([.. _file.At(0, Bytes), .. _file.At(9, Bytes)], _binding.Streams[0].Received);
        _test.TurnUntil(() => _peer.MapCount == 0);
        Map(257, new TestSource(Bytes, _file.Directory, "next.log").Path); // Its slot is free again.
    }

    [Fact]
    public void A_file_that_lost_its_name_too_early_is_refused()
    {
        File.Delete(_file.Path);
        Refuse(1, _file.Path);
        Refuse(2, Path.Combine(_file.Directory, "never.log"));
    }

    [Fact]
    public void Only_plain_files_below_the_directory_of_such_files_are_mapped()
    {
        using var elsewhere = new TestSource();
        string link = Path.Combine(_file.Directory, "link.log");
        File.CreateSymbolicLink(link, _file.Path);
        string folder = Directory.CreateDirectory(Path.Combine(_file.Directory, "deeper")).FullName;
        string empty = Path.Combine(_file.Directory, "empty.log");
        File.WriteAllBytes(empty, []);
        string fifo = Path.Combine(_file.Directory, "fifo.log");
        Assert.True(Memory.Unix.MakeFifo(fifo));
        string[] refused =
        [
            elsewhere.Path, Path.Combine(folder, "..", "..", Path.GetFileName(elsewhere.Directory), "source.log"), link, folder, empty, fifo, "/dev/zero", "source.log",
            _file.Path + "\0.log", _file.Directory, _file.Directory + "x/source.log", new string('x', 4096), "\uFFFD", " ",
        ];
        for (int i = 0; i < refused.Length; i++)
        {
            Refuse(i + 1, refused[i]);
        }

        Map(refused.Length + 1, new TestSource(Bytes, folder, "deep.log").Path);
    }

    [Fact]
    public void A_process_that_knows_no_such_directory_refuses_all_files()
    {
        RawPeer peer = Join("other", sourceDirectory: null);
        peer.Send(RawFrames.Source(1, _file.Path));
        _test.TurnUntilIdle();
        Assert.Equal(RawFrames.SourceMapped(1, isMapped: false)[72..], Assert.Single(peer.Receive())[72..]);
    }

    [Fact]
    public void A_file_is_mapped_once_however_many_links_refer_to_it()
    {
        RawPeer other = Join("other", peer: _peer);
        Map(1, _file.Path);
        other.Send(RawFrames.Source(7, _file.Path));
        _test.TurnUntil(() => !other.FromEngine.IsEmpty);
        Assert.Equal(1, _peer.MapCount);
        Send(RawFrames.SourceGone(1));
        other.Send(RawFrames.Begin(Stream, Server));
        other.Send(RawFrames.Reference(Stream, 0, 7, 0, Bytes));
        _test.TurnUntilIdle();
        Assert.Equal(_file.At(0, Bytes), _binding.Streams[0].Received);
        other.Send(RawFrames.SourceGone(7));
        _test.TurnUntil(() => _peer.MapCount == 0);
    }

    [Fact]
    public void What_is_gone_before_it_is_mapped_is_mapped_for_nobody()
    {
        _peer.Send(RawFrames.Source(1, _file.Path));
        _peer.Send(RawFrames.SourceGone(1));
        _peer.Send(RawFrames.Source(257, _file.Path)); // The same slot.
        var answers = new List<byte[]>();
        _test.TurnUntil(() =>
        {
            answers.AddRange(_peer.Receive());
            return answers.Count > 0;
        });
        Assert.Equal(257, RawFrames.SourceOf(Assert.Single(answers)));
        Assert.False(_peer.IsClosed);
        Send(RawFrames.SourceGone(257));
        _test.TurnUntil(() => _peer.MapCount == 0);
    }

    [Theory]
    [InlineData(2, 0, Bytes)] // No such file.
    [InlineData(257, 0, Bytes)] // The slot of another.
    [InlineData(-1, 0, Bytes)]
    [InlineData(1, 0, 0)]
    [InlineData(1, -1, Bytes)]
    [InlineData(1, (256 * 1024) - Bytes + 1, Bytes)] // A byte beyond the end.
    [InlineData(1, long.MaxValue, Bytes)]
    [InlineData(1, 0, -1)]
    [InlineData(1, 0, FrameLayout.PayloadBytesMax + 1)]
    public void A_reference_to_what_is_not_there_ends_the_link_before_a_handler_sees_it(int source, long position, int bytes)
    {
        Map(1, _file.Path);
        Send(RawFrames.Begin(Stream, Server));
        byte[] record = RawFrames.Reference(Stream, 0, source, position, Bytes);
        RawFrames.PutInt(record, FrameLayout.DataPayloadBytes, bytes);
        Send(record);
        Assert.True(_peer.IsClosed);
        Assert.Equal(["BEGIN", "ABORT ProtocolViolation", "CLOSED"], _binding.Streams[0].Log);
        Assert.Equal(1, _test.Engine.Counters.Violations);
    }

    [Fact]
    public void A_reference_behind_the_end_of_its_file_ends_the_link()
    {
        Map(1, _file.Path);
        Send(RawFrames.Begin(Stream, Server), RawFrames.SourceGone(1), RawFrames.Reference(Stream, 0, 1, 0, Bytes));
        Assert.True(_peer.IsClosed);
    }

    [Fact]
    public void A_reference_before_its_file_is_mapped_ends_the_link()
    {
        _peer.Send(RawFrames.Source(1, _file.Path));
        Send(RawFrames.Begin(Stream, Server), RawFrames.Reference(Stream, 0, 1, 0, Bytes));
        Assert.True(_peer.IsClosed);
    }

    [Theory]
    [InlineData(FrameType.Source)]
    [InlineData(FrameType.SourceGone)]
    public void A_number_that_is_in_use_or_never_was_ends_the_link(FrameType type)
    {
        Map(1, _file.Path);
        Send(type == FrameType.Source ? RawFrames.Source(257, _file.Path) : RawFrames.SourceGone(2));
        Assert.True(_peer.IsClosed);
    }

    [Fact]
    public void A_peer_that_shares_no_memory_must_not_speak_of_files()
    {
        RawPeer peer = Join("far", isNear: false);
        peer.Send(RawFrames.Source(1, _file.Path));
        _test.TurnUntilIdle();
        Assert.True(peer.IsClosed);
    }

    [Fact]
    public void A_binding_in_the_middle_passes_on_by_reference_what_came_so()
    {
        RawPeer next = Join("next");
        _test.Engine.Place(Next, "next");
        _test.Engine.Attach(Proxy, new PassingBinding());
        Map(1, _file.Path);
        Send(RawFrames.Begin(Stream, Proxy));
        long id = RawFrames.StreamOf(next.Receive()[^1]);
        next.Send(RawFrames.Window(id, 0, 1 << 20));
        _test.TurnUntilIdle();
        Send(RawFrames.Reference(Stream, 0, 1, 50, Bytes));
        List<byte[]> passed = next.Receive();
        Assert.Equal([FrameType.Source, FrameType.Data], passed.Select(record => RawFrames.TypeOf(record)));
        Assert.Equal(_file.At(50, Bytes), passed[1][104..]); // A copy: it was not mapped there yet.
        int number = RawFrames.SourceOf(passed[0]);
        next.Send(RawFrames.SourceMapped(number, isMapped: true));
        _test.TurnUntilIdle();
        Send(RawFrames.Reference(Stream, Bytes, 1, 60, Bytes));
        Assert.Equal((number, 60), RawFrames.ReferenceOf(Assert.Single(next.Receive())));
        Send(RawFrames.SourceGone(1));
        Assert.Equal(FrameType.SourceGone, RawFrames.TypeOf(Assert.Single(next.Receive())));
    }

    private RawPeer Join(string room, RawPeer? peer = null, bool isNear = true) => Join(room, peer is null ? _file.Directory : null, peer, isNear);

    private RawPeer Join(string room, string? sourceDirectory, RawPeer? peer = null, bool isNear = true)
    {
        var joined = new RawPeer(_test.Engine, room, sourceDirectory: sourceDirectory, isNear: isNear, sharesMapsOf: peer);
        _peers.Add(joined);
        _test.TurnUntilIdle();
        return joined;
    }

    private void Map(int number, string path) => Assert.Equal(1, Answer(number, path));

    private void Refuse(int number, string path) => Assert.Equal(0, Answer(number, path));

    private long Answer(int number, string path)
    {
        _peer.Receive();
        _peer.Send(RawFrames.Source(number, path));
        _test.TurnUntil(() => !_peer.FromEngine.IsEmpty);
        byte[] answer = Assert.Single(_peer.Receive());
        Assert.Equal((FrameType.SourceMapped, number), (RawFrames.TypeOf(answer), RawFrames.SourceOf(answer)));
        return BitConverter.ToInt64(answer, FrameLayout.SourceIsMapped);
    }

    private void Send(params byte[][] records)
    {
        foreach (byte[] record in records)
        {
            _peer.Send(record);
        }

        _test.TurnUntilIdle();
    }

    private sealed class PassingBinding : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin) => new Front();

        private sealed class Front : StreamHandler
        {
            private readonly Back _back = new();

            public override void OnBegin(in BeginFrame frame)
            {
                _back.Front = this;
                Port.Engine.Open(_back, Proxy, Next);
            }

            public override void OnData(in DataFrame frame) => Assert.True(_back.Port.TryPassOn(frame, frame.Flags, frame.Extension));
        }

        private sealed class Back : StreamHandler
        {
            public Front? Front { get; set; }

            public override void OnWindow(in WindowFrame frame) => Front!.Port.ShareWindowOf(Port);
        }
    }
}
