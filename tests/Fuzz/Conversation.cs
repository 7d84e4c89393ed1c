using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;

namespace Sluice.Fuzz;

/// <summary>What two engines really say to each other, captured record by record: the seed of every mutation.</summary>
internal static class Conversation
{
    public const long Echo = 2;
    public const long Proxy = 3;
    public const long Refuser = 4;
    public const long BudgetBytes = 1L << 40;
    private const long BudgetId = 1;
    private const long Client = 1;

    /// <summary>The file that the conversation refers to; gone with the process.</summary>
    private static readonly TestSource File = MakeFile();

    private static readonly (List<byte[]> Forth, List<byte[]> Back) Captured = Capture();

    /// <summary>Where it is.</summary>
    public static string SourceDirectory => File.Directory;

    /// <summary>From the side that opens to the side that accepts; the answers depend on it and are made anew each time.</summary>
    public static IReadOnlyList<byte[]> Forth => Captured.Forth;

    /// <summary>From the side that accepts to the side that opens.</summary>
    public static IReadOnlyList<byte[]> Back => Captured.Back;

    /// <summary>Puts to work what a fuzzed engine offers: an end, a way through, and a refusal.</summary>
    public static void Attach(FrameEngine engine)
    {
        engine.Attach(Echo, new EchoBinding());
        engine.Attach(Proxy, new ProxyBinding(Echo));
        engine.Attach(Refuser, new ScriptedBinding(_ => null));
    }

    /// <summary>Opens the conversations of the capture from an engine that reaches the room "raw".</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="firstId">Added to the bindings' ids, where the engine runs bindings of these numbers itself.</param>
    public static ScriptedStream[] Open(FrameEngine engine, long firstId = 0)
    {
        Span<byte> buffer = new byte[1024];
        ExtensionWriter http = HttpEx.Write(buffer);
        http.AddHeader(":method", "PUT");
        http.AddHeader(":path", "/items/7");
        http.CloseHeaders();
        Budget budget = BudgetOf(engine);
        var streams = new List<ScriptedStream>();
        foreach (long binding in new[] { Echo, Proxy, Refuser, 99 })
        {
            engine.Place(firstId + binding, "raw");
            var stream = new ScriptedStream { WindowBytes = 40_000, BudgetId = budget.Id };
            streams.Add(stream);
            engine.Open(stream, Client, firstId + binding, http.Written, traceId: 7);
        }

        return [.. streams];
    }

    /// <summary>The budget that all streams opened by an engine share; the first one that it acquires.</summary>
    public static Budget BudgetOf(FrameEngine engine)
    {
        if (engine.Budgets.Find(BudgetId) is not { } budget)
        {
            budget = engine.Budgets.Acquire();
            budget.Credit(BudgetBytes);
        }

        return budget;
    }

    private static (List<byte[]> Forth, List<byte[]> Back) Capture()
    {
        using var opener = new TestEngine { IsLenient = true };
        using var accepter = new TestEngine { IsLenient = true };
        using var here = new RawPeer(opener.Engine);
        using var there = new RawPeer(accepter.Engine, sourceDirectory: SourceDirectory, mapsAtOnce: true);
        Attach(accepter.Engine);
        BudgetOf(accepter.Engine); // What it borrows then has the same ids as on a fuzzed engine.
        opener.TurnUntilIdle();
        accepter.TurnUntilIdle();
        var forth = new List<byte[]>();
        var back = new List<byte[]>();
        ScriptedStream[] streams = Open(opener.Engine);
        Exchange();
        foreach (ScriptedStream stream in streams.Take(2))
        {
            stream.SendWhenCredited(stream => stream.Port.TrySendData("hello"u8, DataFlags.Init, [4, 0, 0, 0]));
            stream.SendWhenCredited(stream => stream.Port.TrySendData(new byte[5000], DataFlags.None));
            Exchange();
            stream.Port.SendFlush("mark"u8);
            stream.SendWhenCredited(stream => stream.Port.TrySendNull(default, DataFlags.Fin));
            Exchange();
            stream.SendWhenCredited(stream => stream.Port.TrySendData(new byte[20_000]));
            Exchange();
            stream.SendWhenCredited(stream => stream.Port.TrySendReference(File.Source, 100, 3000, extension: [4, 0, 0, 0])); // The first time it is told of, and carried.
            Exchange();
            stream.SendWhenCredited(stream => stream.Port.TrySendReference(File.Source, 5000, 3000));
            Exchange();
        }

        File.Source.Retire();

        streams[0].Port.SendWindow(40_000, capabilities: StreamPort.ChallengeCapability, budgetId: BudgetId); // The echo hands the capability back.
        Exchange();
        streams[0].Port.SendChallenge("realm"u8);
        Exchange();
        streams[0].Port.SendEnd("trailer"u8);
        streams[1].Port.SendAbort(CloseReason.Cancelled);
        Exchange();
        BudgetOf(opener.Engine).Dispose();
        Exchange();
        here.Die();
        there.Die();
        opener.TurnUntilIdle();
        accepter.TurnUntilIdle();
        return (forth, back);

        void Exchange()
        {
            for (int quiet = 0; quiet < 2; quiet++)
            {
                opener.TurnUntilIdle();
                foreach (byte[] record in here.Receive())
                {
                    forth.Add(record);
                    there.Send(record);
                    quiet = 0;
                }

                accepter.TurnUntilIdle();
                foreach (byte[] record in there.Receive())
                {
                    back.Add(record);
                    here.Send(record);
                    quiet = 0;
                }
            }
        }
    }

    private static TestSource MakeFile()
    {
        var file = new TestSource();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => file.Dispose();
        return file;
    }

    /// <summary>Passes everything on, as bindings in the middle do, and reads what it passes.</summary>
    private sealed class ProxyBinding(long exit) : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin) => new Side(exit);

        private sealed class Side(long exit) : StreamHandler
        {
            private Side? _other;
            private bool _isOver;

            public override void OnBegin(in BeginFrame frame)
            {
                _ = HttpEx.TryRead(frame.Extension, out HttpEx http) && http.Headers.TryGet(":path"u8, out _);
                if (_other is not null)
                {
                    _other.Port.SendBegin(frame.Extension);
                    return;
                }

                _other = new Side(exit) { _other = this };
                Port.Engine.Open(_other, Proxy, exit, frame.Extension, frame.Header.Authorization, frame.Header.TraceId, frame.Affinity);
            }

            public override void OnData(in DataFrame frame) => _other!.Port.TryPassOn(frame, frame.Flags, frame.Extension);

            public override void OnFlush(in FlushFrame frame) => _other!.Port.SendFlush(frame.Extension);

            public override void OnEnd(in EndFrame frame) => _other!.Port.SendEnd(frame.Extension);

            public override void OnAbort(in CloseFrame frame) => _other?.Port.SendAbort(frame.Reason);

            public override void OnReset(in CloseFrame frame) => _other?.Port.SendReset(frame.Reason, frame.Extension);

            public override void OnWindow(in WindowFrame frame) => _other?.Port.ShareWindowOf(Port, paddingBytes: 5);

            public override void OnChallenge(in ChallengeFrame frame) => _other?.Port.SendChallenge(frame.Extension);

            public override void OnClosed()
            {
                _isOver = true;
                if (_other is { _isOver: false } other)
                {
                    other.Port.Close(CloseReason.Failed);
                }
            }
        }
    }
}
