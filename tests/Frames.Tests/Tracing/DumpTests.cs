using System.Buffers.Binary;
using System.CommandLine;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Sluice.Cli;
using Sluice.Configuration.Graph;
using Sluice.Frames.Testing;
using Sluice.Frames.Tracing;

namespace Sluice.Frames.Tests;

/// <summary>design.md §4, passive tracing: what sluice dump shows of two groups joined by shared memory.</summary>
public sealed class DumpTests : IAsyncDisposable
{
    private static readonly long _origin = Labels.Id("test", "entry");
    private static readonly long _echo = Labels.Id("test", "echo");

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-dump-").FullName;
    private readonly List<EngineGroup> _groups = [];
    private readonly LeakObserver _observer = new();

    public async ValueTask DisposeAsync()
    {
        foreach (EngineGroup group in _groups)
        {
            await group.DisposeAsync();
        }

        _observer.AssertClean();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task A_conversation_is_printed_in_order_with_names()
    {
        await Join();
        Task<(int Code, string Output, string Error)> dump = Dump("--count", "24", "--verbose");
        await Converse(dump);
        (int code, string output, string error) = await dump;
        Assert.Equal(0, code);
        Assert.Contains("treat what is written here as a secret", error, StringComparison.Ordinal);
        string[] lines = output.TrimEnd().Split('\n');
        Assert.Equal(24, lines.Length);

        // The tap may have come in the middle of a conversation: of one that it saw begin, everything is there, the question first.
        string[] opening = [.. lines.Where(line => line.EndsWith("i BEGIN test:entry > test:echo extension=3", StringComparison.Ordinal))];
        Assert.NotEmpty(opening);
        Match first = Regex.Match(opening[0], @"^\d\d:\d\d:\d\d\.\d{7} front-0\.0 > back-0\.0 (?<number>\d+)i BEGIN ");
        Assert.True(first.Success, opening[0]);
        string[] conversation = [.. lines.Where(line => Regex.IsMatch(line, $" {first.Groups["number"].Value}[ir] "))];
        Assert.Equal(opening[0], conversation[0]);
        Assert.Contains(conversation, line => line.Contains("i DATA test:entry > test:echo whole payload=5 ", StringComparison.Ordinal) && line.EndsWith("'hello'", StringComparison.Ordinal));
        Assert.Contains(conversation, line => line.Contains("back-0.0 > front-0.0", StringComparison.Ordinal) && line.Contains("r BEGIN", StringComparison.Ordinal));
        Assert.Contains(conversation, line => line.Contains("WINDOW", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Other_bindings_are_left_out()
    {
        await Join();
        Task<(int Code, string Output, string Error)> dump = Dump("--seconds", "2", "-b", "test.other,test:more");
        await Converse(dump);
        Assert.Equal("", (await dump).Output);
        (int code, _, string error) = await Dump("-b", "nonsense");
        Assert.Equal(1, code);
        Assert.Contains("'nonsense' is no binding", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_capture_is_wellformed_pcapng()
    {
        await Join();
        string file = Path.Combine(_directory, "frames.pcapng");
        Task<(int Code, string Output, string Error)> dump = Dump("--count", "24", "-w", file);
        await Converse(dump);
        Assert.Equal("", (await dump).Output);
        byte[] bytes = File.ReadAllBytes(file);
        var types = new List<uint>();
        var frames = new List<(long Conversation, FrameType Type)>();
        for (int at = 0; at < bytes.Length;)
        {
            uint type = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at));
            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 4));
            Assert.Equal(0, length % 4);
            Assert.Equal(length, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + length - 4)));
            types.Add(type);
            if (type == 6)
            {
                ReadOnlySpan<byte> packet = bytes.AsSpan(at + 28, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 20)));
                int names = packet[4] + packet[5] + packet[6] + packet[7];
                Assert.Equal("test:entrytest:echo", Encoding.UTF8.GetString(packet.Slice(8 + packet[4] + packet[5], packet[6] + packet[7])));
                ReadOnlySpan<byte> record = packet[((8 + names + 7) & ~7)..];
                Assert.Equal(record.Length, BinaryPrimitives.ReadInt32LittleEndian(record));
                var header = new FrameHeader(record);
                frames.Add((header.StreamId | 1, header.Type));
                long time = ((long)BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12)) << 32) | BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 16));
                Assert.InRange(time, (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 60_000) * 1_000_000, (DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() + 1000) * 1_000_000);
            }

            at += length;
        }

        Assert.Equal([0x0A0D0D0A, 1, .. Enumerable.Repeat(6u, 24)], types);
        long conversation = frames.Find(frame => frame.Type == FrameType.Begin).Conversation;
        Assert.NotEqual(0, conversation);

        // Of the conversation that began last no frame was there before: its first one is BEGIN, for the order is that of time.
        long last = frames.FindLast(frame => frame.Type == FrameType.Begin).Conversation;
        Assert.Equal(FrameType.Begin, frames.Find(frame => frame.Conversation == last).Type);
    }

    [Fact]
    public async Task A_visitor_of_another_version_is_refused_with_the_sentence()
    {
        await Join();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(_directory, "back-0.sock")));
        await socket.SendAsync(Encoding.UTF8.GetBytes("{\"sluice\":7,\"attach\":true}\n"));
        var text = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (await socket.ReceiveAsync(buffer) is > 0 and int length)
        {
            text.Append(Encoding.UTF8.GetString(buffer, 0, length));
        }

        Assert.Contains("speaks link protocol 7", text.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3r DATA 1 > 2 whole payload=4096 reserved=4096 sequence=7 extension=2 source=5 position=81920")]
    [InlineData("link SOURCE 5 /cache/p0-1.log")]
    [InlineData("link SOURCEMAPPED 5 no")]
    [InlineData("link SOURCEGONE 5")]
    public void A_reference_says_where_its_payload_lies_and_a_link_which_files_it_knows(string expected)
    {
        byte[] record = expected.Split(' ')[1] switch
        {
            "SOURCE" => RawFrames.Source(5, "/cache/p0-1.log"),
            "SOURCEMAPPED" => RawFrames.SourceMapped(5, isMapped: false),
            "SOURCEGONE" => RawFrames.SourceGone(5),
            _ => RawFrames.Reference(6, sequence: 7, source: 5, position: 81_920, 4096, "ex"u8),
        };
        if (RawFrames.TypeOf(record) == FrameType.Data)
        {
            RawFrames.PutLong(record, FrameLayout.OriginId, 1);
            RawFrames.PutLong(record, FrameLayout.RoutedId, 2);
        }

        var frame = new TracedFrame(new TracedWay("a-0", 0, "b-0", 1), record, 0);
        Assert.Equal("00:00:00.0000000 a-0.0 > b-0.1 " + expected, FrameText.Describe(frame, DateTimeOffset.UnixEpoch, id => $"{id}", showsContent: true));
    }

    [Theory]
    [InlineData("link FLUSH budget=0300000000000001 lent=500")]
    [InlineData("link WINDOW budget=0300000000000001 back=7 needed=1 wanted=900")]
    [InlineData("link END budget=0300000000000001")]
    [InlineData("3r DATA 0 > 0 budget=0300000000000001 whole payload=1 reserved=1 sequence=7 extension=0 '.'")]
    public void A_budget_is_named_where_it_is_paid_from_and_a_link_says_what_is_lent(string expected)
    {
        const long BudgetId = (3L << 56) | 1;
        byte[] record = expected.Split(' ')[1] switch
        {
            "FLUSH" => RawFrames.Grant(BudgetId, 500),
            "WINDOW" => RawFrames.BudgetNeed(BudgetId, back: 7, needed: 1, wanted: 900),
            "END" => RawFrames.Mark(FrameType.End, 0, budgetId: BudgetId),
            _ => RawFrames.Data(6, sequence: 7, [1], budgetId: BudgetId),
        };
        var frame = new TracedFrame(new TracedWay("a-0", 0, "b-0", 1), record, 0);
        Assert.Equal("00:00:00.0000000 a-0.0 > b-0.1 " + expected, FrameText.Describe(frame, DateTimeOffset.UnixEpoch, id => $"{id}", showsContent: true));
    }

    private async Task Join()
    {
        _groups.Add(EngineGroup.Start(new EngineGroupOptions { Room = "back", EngineCount = 1, RunDirectory = _directory, Observer = _observer }, engine => engine.Attach(_echo, new EchoBinding())));
        _groups.Add(EngineGroup.Start(new EngineGroupOptions { Room = "front", EngineCount = 1, RunDirectory = _directory, ConnectTo = ["back"], Observer = _observer }, engine => engine.Place(_echo, "back")));
        await Until(() => _groups[1].HasLinkTo("back"));
        File.WriteAllText(Path.Combine(_directory, "sluice.yaml"), "name: test\nbindings:\n  entry: { type: tcp, kind: server, options: { host: 127.0.0.1, port: 7 }, exit: echo }\n  echo: { type: echo, kind: server }\n");
    }

    private async Task<(int Code, string Output, string Error)> Dump(params string[] arguments)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        int code = await Task.Run(() => SluiceCommand.Create().Parse(["dump", .. arguments, "--run-dir", _directory, "--config", Path.Combine(_directory, "sluice.yaml")])
            .InvokeAsync(new InvocationConfiguration { Output = output, Error = error }));
        return (code, output.ToString(), error.ToString());
    }

    // Talks again and again until the dump has what it wants: nobody is told when it is attached.
    private async Task Converse(Task dump)
    {
        FrameEngine engine = _groups[1].Engines[0];
        while (!dump.IsCompleted)
        {
            var done = new TaskCompletionSource();
            engine.Post(() => engine.Open(new Greeter(done), _origin, _echo, "ext"u8));
            await done.Task.WaitAsync(TimeSpan.FromSeconds(10));
            await Task.WhenAny(dump, Task.Delay(20));
        }
    }

    private static async Task Until(Func<bool> condition)
    {
        long deadline = Environment.TickCount64 + 20_000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < deadline, "the condition did not come true within 20 s");
            await Task.Delay(5);
        }
    }

    private sealed class Greeter(TaskCompletionSource done) : StreamHandler
    {
        public override void OnBegin(in BeginFrame frame) => Port.SendWindow(1024);

        public override void OnWindow(in WindowFrame frame)
        {
            if (Port.TrySendData("hello"u8))
            {
                Port.SendEnd();
            }
        }

        public override void OnClosed() => done.TrySetResult();
    }
}
