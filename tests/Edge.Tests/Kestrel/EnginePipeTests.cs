using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Sluice.Edge.Kestrel;
using Sluice.Frames;

namespace Sluice.Edge.Tests.Kestrel;

/// <summary>The two pipes between an engine and Kestrel, on an engine that the test turns itself.</summary>
public sealed class EnginePipeTests : IDisposable
{
    private readonly FrameEngine _engine = new(0, "test", new LocalDoorbell());
    private readonly Owner _owner = new();
    private readonly EngineInput _input;
    private readonly EngineOutput _output;
    private long _nowNs;

    public EnginePipeTests()
    {
        var pipes = new EnginePipes(_engine);
        _input = new EngineInput(pipes, _owner);
        _output = new EngineOutput(pipes, _owner);
    }

    public void Dispose() => _engine.Dispose();

    [Fact]
    public void A_read_waits_for_bytes_and_is_woken_by_them() => OnEngine(() =>
    {
        Task<ReadResult> read = Read();
        Assert.False(read.IsCompleted);
        Receive("hello");
        Assert.Equal("hello", TextOf(read.Result));
    });

    [Fact]
    public void What_was_examined_and_left_comes_again_with_what_follows() => OnEngine(() =>
    {
        Receive("GET / HT");
        ReadResult first = Read().Result;
        _input.AdvanceTo(first.Buffer.GetPosition(4), first.Buffer.End);
        Task<ReadResult> read = Read();
        Assert.False(read.IsCompleted);
        Assert.Equal(0, _input.UnexaminedBytes);
        Receive("TP/1.1");
        Assert.Equal("/ HTTP/1.1", TextOf(read.Result));
    });

    [Fact]
    public void What_Kestrel_looks_at_stays_in_place_while_more_comes_than_there_is_room_for() => OnEngine(() =>
    {
        Receive(new string('a', 4000));
        ReadResult shown = Read().Result;
        Receive(new string('b', 20_000));
        Receive(new string('c', 20_000));
        Assert.Equal(new string('a', 4000), TextOf(shown));
        _input.AdvanceTo(shown.Buffer.GetPosition(3990), shown.Buffer.End);
        ReadResult next = Read().Result;
        Assert.Equal(new string('a', 10) + new string('b', 20_000) + new string('c', 20_000), TextOf(next));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(5000)]
    public void Any_pieces_in_and_any_pieces_out_are_the_same_bytes(int seed) => OnEngine(() =>
    {
        var random = new Random(seed);
        byte[] bytes = new byte[100_000];
        random.NextBytes(bytes);
        var read = new MemoryStream();
        int written = 0;
        while (read.Length < bytes.Length)
        {
            int count = Math.Min(random.Next(1, seed * 3), bytes.Length - written);
            bytes.AsSpan(written, count).CopyTo(_input.GetRoom(count));
            _input.Commit(count);
            written += count;
            while (read.Length < bytes.Length && _input.TryRead(out ReadResult result))
            {
                long take = random.Next(0, (int)result.Buffer.Length + 1);
                read.Write(result.Buffer.Slice(0, take).ToArray());
                bool isAllSeen = random.Next(2) == 0 || take == 0;
                _input.AdvanceTo(result.Buffer.GetPosition(take), isAllSeen ? result.Buffer.End : result.Buffer.GetPosition(take));
            }

            if (written == bytes.Length)
            {
                _input.Finish();
            }
        }

        Assert.Equal(bytes, read.ToArray());
    });

    [Fact]
    public void A_cancelled_read_returns_and_the_next_one_waits() => OnEngine(() =>
    {
        Task<ReadResult> read = Read();
        _input.CancelPendingRead();
        ReadResult result = read.Result;
        Assert.True(result.IsCanceled);
        _input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        Assert.False(Read().IsCompleted);
    });

    [Fact]
    public async Task A_token_cancels_a_pending_read()
    {
        using var stop = new CancellationTokenSource();
        Task<ReadResult>? read = null;
        OnEngine(() => read = _input.ReadAsync(stop.Token).AsTask());
        await stop.CancelAsync();
        Turn();
        await Assert.ThrowsAsync<OperationCanceledException>(() => read!);
    }

    [Fact]
    public void The_end_is_told_after_the_last_bytes_and_a_failure_is_thrown() => OnEngine(() =>
    {
        Receive("last");
        _input.Finish();
        ReadResult result = Read().Result;
        Assert.True(result.IsCompleted);
        Assert.Equal("last", TextOf(result));

        var other = new EngineInput(new EnginePipes(_engine), _owner);
        other.Finish(new IOException("gone"));
        Assert.Throws<IOException>(() => other.ReadAsync().AsTask().GetAwaiter().GetResult());
    });

    [Fact]
    public async Task Reads_from_another_thread_are_done_on_the_engine_in_order()
    {
        OnEngine(() => Receive("one"));
        Task<string> reading = Task.Run(async () =>
        {
            ReadResult first = await _input.ReadAsync();
            string text = TextOf(first);
            _input.AdvanceTo(first.Buffer.End);
            ReadResult second = await _input.ReadAsync();
            text += TextOf(second);
            _input.AdvanceTo(second.Buffer.End);
            return text;
        });
        await TurnUntilAsync(() => _input.UnexaminedBytes == 0);
        OnEngine(() => Receive(" two"));
        await TurnUntilAsync(() => reading.IsCompleted);
        Assert.Equal("one two", await reading);
    }

    [Fact]
    public void A_flush_sends_at_once_what_there_is_room_for() => OnEngine(() =>
    {
        _owner.Room = 1000;
        _output.Write("hello"u8);
        Task<FlushResult> flush = Flush();
        Assert.True(flush.IsCompletedSuccessfully);
        Assert.Equal("hello", _owner.SentText);
        Assert.True(_output.Queued.IsEmpty);
    });

    [Fact]
    public void What_finds_no_room_waits_in_order_and_a_flush_waits_with_more_than_a_slot() => OnEngine(() =>
    {
        _owner.Room = 10;
        _output.Write(Encoding.ASCII.GetBytes(new string('a', 100)));
        Assert.True(Flush().IsCompletedSuccessfully);
        _output.Write(Encoding.ASCII.GetBytes(new string('b', 40_000)));
        Task<FlushResult> flush = Flush();
        Assert.False(flush.IsCompleted);
        _owner.Room = 10_000;
        _output.Push();
        Assert.False(flush.IsCompleted);
        _owner.Room = 20_000;
        _output.Push();
        Assert.True(flush.IsCompletedSuccessfully);
        _owner.Room = 100_000;
        _output.Push();
        Assert.Equal(new string('a', 100) + new string('b', 40_000), _owner.SentText);
    });

    [Fact]
    public void Completing_is_told_once_when_all_is_sent() => OnEngine(() =>
    {
        _output.Write("unflushed"u8);
        _output.Complete();
        Assert.Equal(0, _owner.Completed);
        _owner.Room = 100;
        _output.Push();
        _output.Push();
        Assert.Equal(1, _owner.Completed);
        Assert.Equal("unflushed", _owner.SentText);
    });

    [Fact]
    public void An_abandoned_output_ends_the_flush_that_waits_and_takes_what_comes() => OnEngine(() =>
    {
        _output.Write(new byte[100_000]);
        Task<FlushResult> flush = Flush();
        Assert.False(flush.IsCompleted);
        _output.Abandon();
        Assert.True(flush.Result.IsCompleted);
        _output.Write("more"u8);
        Assert.True(Flush().Result.IsCompleted);
        Assert.Equal("", _owner.SentText);
    });

    [Fact]
    public async Task A_flush_from_another_thread_is_sent_by_the_engine()
    {
        _owner.Room = 1_000_000;
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < 20; i++)
            {
                _output.Write(Encoding.ASCII.GetBytes($"{i} "));
                await _output.FlushAsync();
            }

            await _output.CompleteAsync();
        });
        await TurnUntilAsync(() => _owner.Completed == 1);
        await writing;
        Assert.Equal(string.Concat(Enumerable.Range(0, 20).Select(i => $"{i} ")), _owner.SentText);
    }

    [Fact]
    public async Task A_flush_from_another_thread_that_finds_the_connection_broken_ends_once()
    {
        _owner.WhenSending = _output.Abandon;
        _output.Write("nobody takes this"u8);
        Task<FlushResult> flush = Task.Run(async () => await _output.FlushAsync());
        await TurnUntilAsync(() => flush.IsCompleted);
        Assert.True((await flush).IsCompleted);
        Assert.Equal(0, _engine.Counters.Faults);
    }

    [Fact]
    public void A_lent_queue_stays_in_place_while_more_is_written() => OnEngine(() =>
    {
        _output.Write("first"u8);
        Flush();
        ReadOnlyMemory<byte> lent = _output.Queued;
        _output.IsLent = true;
        _output.Write(new byte[10_000]);
        Flush();
        Assert.Equal("first", Encoding.ASCII.GetString(lent.Span));
        _owner.Room = 100_000;
        _output.Took(lent.Length);
        Assert.Equal(10_000, _owner.SentText.Length);
    });

    private Task<ReadResult> Read() => _input.ReadAsync().AsTask();

    private Task<FlushResult> Flush() => _output.FlushAsync().AsTask();

    private static string TextOf(ReadResult result) => Encoding.ASCII.GetString(result.Buffer);

    private void Receive(string text)
    {
        Encoding.ASCII.GetBytes(text, _input.GetRoom(text.Length));
        _input.Commit(text.Length);
        _input.Deliver();
    }

    private void OnEngine(Action action)
    {
        Exception? failure = null;
        bool isDone = false;
        _engine.Post(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            isDone = true;
        });
        while (!isDone)
        {
            Turn();
        }

        Assert.Null(failure);
    }

    private void Turn() => _engine.Turn(_nowNs += 1000);

    private async Task TurnUntilAsync(Func<bool> condition)
    {
        long deadline = Environment.TickCount64 + 10_000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, "not within 10 s");
            Turn();
            await Task.Yield();
        }
    }

    private sealed class Owner : IEnginePipeOwner
    {
        private readonly MemoryStream _sent = new();

        public int Room { get; set; }

        public int Completed { get; private set; }

        public Action WhenSending { get; set; } = static () => { };

        public string SentText => Encoding.ASCII.GetString(_sent.ToArray());

        public int TrySend(ReadOnlySpan<byte> bytes)
        {
            WhenSending();
            int count = Math.Min(Room, bytes.Length);
            _sent.Write(bytes[..count]);
            Room -= count;
            return count;
        }

        public void OnQueued()
        {
        }

        public void OnSent() => Completed++;

        public void OnConsumed()
        {
        }
    }
}
