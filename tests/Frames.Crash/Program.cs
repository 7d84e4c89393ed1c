using Sluice.Frames;
using Sluice.Frames.Crash;
using Sluice.Frames.Memory;
using Sluice.Frames.Testing;

// The process that the crash tests of tests/Frames.Tests start and kill. It says "ready", waits for a line on standard input, and works
// until it is killed, or until standard input closes: when the test is gone, so is this.
//   produce FILE       line: the number of its first record
//   consume FILE       line: the number of the record to stop after, -1 for none
//   engines            says how many engines a service would have here, and ends
//   link RUNDIR back   listens, and echoes what comes
//   link RUNDIR front  connects to back, and keeps conversations going, with content in files of RUNDIR/content
switch (args)
{
    case ["produce", var file]:
        using (CrashRing shared = CrashRing.Open(file))
        {
            Produce(shared, Go());
            return 0;
        }

    case ["consume", var file]:
        using (CrashRing shared = CrashRing.Open(file))
        {
            return Consume(shared, Go());
        }

    case ["link", var directory, var room]:
        await LinkAsync(directory, room);
        return 0;

    case ["engines"]:
        Console.Out.WriteLine(EngineSettings.Read(_ => null, "EDGE").Count);
        return 0;

    default:
        await Console.Error.WriteLineAsync("usage: produce FILE | consume FILE | link RUNDIR back|front | engines");
        return 2;
}

static long Go()
{
    Console.Out.WriteLine("ready");
    long number = Console.In.ReadLine() is { } line ? long.Parse(line, System.Globalization.CultureInfo.InvariantCulture) : throw new EndOfStreamException();
    new Thread(() =>
    {
        Console.In.ReadLine();
        Environment.FailFast(null); // The test is gone.
    })
    { IsBackground = true }.Start();
    return number;
}

static void Produce(CrashRing shared, long first)
{
    FrameRing ring = shared.Join();
    for (long number = first; ; number++)
    {
        int bytes = CrashRing.BytesOf(number);
        Span<byte> record;
        var spin = default(SpinWait);
        while (!ring.TryClaim(bytes, out record))
        {
            spin.SpinOnce(-1);
        }

        CrashRing.Fill(record, number);
        ring.Commit(bytes);
        shared.Committed = number + 1;
    }
}

static int Consume(CrashRing shared, long last)
{
    FrameRing ring = shared.Join();
    long number = -1;
    int batch = 0;
    var spin = default(SpinWait);
    while (last < 0 || shared.Released <= last)
    {
        if (!ring.TryRead(out ReadOnlySpan<byte> record))
        {
            if (ring.IsCorrupt)
            {
                Console.Error.WriteLine($"the ring is corrupt after record {number}");
                return 3;
            }

            Release();
            spin.SpinOnce(-1);
            continue;
        }

        if (number < 0)
        {
            // Nothing unseen was freed, nothing freed comes again.
            number = record.Length < 16 ? -1 : System.Buffers.Binary.BinaryPrimitives.ReadInt64LittleEndian(record[8..]);
            if (number > shared.Processed || number < shared.Released)
            {
                Console.Error.WriteLine($"a new consumer met record {number}; {shared.Processed} were processed, {shared.Released} released");
                return 3;
            }
        }

        if (CrashRing.Problem(record, number) is { } problem)
        {
            Console.Error.WriteLine(problem);
            return 3;
        }

        shared.Processed = Math.Max(shared.Processed, ++number);
        ring.Skip();
        if (++batch == 32)
        {
            Release();
        }
    }

    return 0;

    void Release()
    {
        if (batch > 0)
        {
            ring.Release();
            shared.Released = number;
            batch = 0;
        }
    }
}

static async Task LinkAsync(string directory, string room)
{
    bool isFront = room == "front";
    await using EngineGroup group = EngineGroup.Start(
        new EngineGroupOptions { Room = room, EngineCount = 2, RunDirectory = directory, SourceDirectory = directory, ConnectTo = isFront ? ["back"] : [] },
        engine =>
        {
            if (isFront)
            {
                engine.Place(Chatter.BindingId, "back");
                engine.Post(() => _ = new Chatter(engine, seed: engine.Index) { IsEndless = true, Source = new CrashSource(Path.Combine(directory, "content")) }.Start(8));
            }
            else
            {
                engine.Attach(Chatter.BindingId, new EchoBinding());
            }
        });
    await Console.Out.WriteLineAsync("ready");
    await Console.In.ReadLineAsync();
}
