using BenchmarkDotNet.Attributes;
using Sluice.Frames;

namespace Sluice.Bench.Micro.Streams;

/// <summary>A stream between two bindings of one engine: one message of a stream that lives, and the whole life of a short one.</summary>
public class StreamMicro
{
    private const long Origin = 1;
    private const long Sink = 2;

    private readonly FrameEngine _engine = new(0, "bench", new LocalDoorbell());
    private readonly byte[] _payload = new byte[512];
    private Client _client = null!;

    [GlobalSetup]
    public void Setup()
    {
        _engine.Attach(Sink, new SinkBinding());
        _client = new Client();
        _engine.Open(_client, Origin, Sink);
        Turn();
    }

    [Benchmark]
    public bool SendTurn()
    {
        bool isSent = _client.Port.TrySendData(_payload);
        Turn();
        return isSent;
    }

    [Benchmark]
    public bool OpenSendEndTurn()
    {
        var client = new Client { Payload = _payload };
        _engine.Open(client, Origin, Sink);
        Turn();
        return client.Port.IsOver;
    }

    [GlobalCleanup]
    public void Cleanup() => _engine.Dispose();

    private void Turn()
    {
        while (_engine.Turn(1) > 0)
        {
        }
    }

    private sealed class Client : StreamHandler
    {
        public byte[]? Payload { get; set; }

        public override void OnWindow(in WindowFrame frame)
        {
            if (Payload is { } payload && Port.TrySendData(payload))
            {
                Payload = null;
                Port.SendEnd();
            }
        }
    }

    private sealed class SinkBinding : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin) => new Stream();

        private sealed class Stream : StreamHandler
        {
            public override void OnBegin(in BeginFrame frame)
            {
                Port.SendBegin();
                Port.SendWindow(64 * 1024);
            }

            public override void OnEnd(in EndFrame frame) => Port.SendEnd();
        }
    }
}
