using System.Diagnostics;
using Sluice.Frames;
using Sluice.Frames.Memory;

namespace Sluice.Bench.Load;

/// <summary>Payload of a mapped file over a link to another process, which copies each piece once as it would for a socket.</summary>
/// <remarks>
/// <c>copy_bytes_per_s</c>: carried in frames. <c>reference_bytes_per_s</c>: frames say where it lies. In turns, the median counts. Both engines
/// are pinned to one core, so that the figure is what it costs both of them together.
/// </remarks>
internal static class ReferenceBench
{
    public const long Sink = 3;

    private const long Origin = 1;
    private const int FileBytes = 4 << 20;  // as much as a segment of a topic that many read
    private const int PieceBytes = 16 * 1024;
    private const int WindowBytes = 512 * 1024;
    private const int Rounds = 5;

    public static async Task RunAsync(EngineGroup group, LoadOptions options)
    {
        string path = Path.Combine(group.Options.RunDirectory!, "payload.log");
        byte[] content = new byte[FileBytes];
        new Random(1).NextBytes(content);
        await File.WriteAllBytesAsync(path, content).ConfigureAwait(false);
        long bytes = 256L * FileBytes * options.Seconds / 10;
        await SendAsync(group, path, FileBytes, isReference: true).ConfigureAwait(false); // Until it is mapped over there.
        var copied = new List<double>();
        var referred = new List<double>();
        for (int i = 0; i < Rounds; i++)
        {
            copied.Add(bytes / await SendAsync(group, path, bytes, isReference: false).ConfigureAwait(false));
            referred.Add(bytes / await SendAsync(group, path, bytes, isReference: true).ConfigureAwait(false));
        }

        Figures.Print("copy_bytes_per_s", LinkBench.Median([.. copied]));
        Figures.Print("reference_bytes_per_s", LinkBench.Median([.. referred]));
    }

    private static async Task<double> SendAsync(EngineGroup group, string path, long bytes, bool isReference)
    {
        var sender = new Sender(path, bytes, isReference);
        long start = Stopwatch.GetTimestamp();
        group.Engines[0].Post(() => group.Engines[0].Open(sender, Origin, Sink));
        await sender.Done.ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Copies what it gets, and acknowledges it.</summary>
    public sealed class SinkBinding : IBinding
    {
        public StreamHandler? Accept(in BeginFrame begin) => new SinkStream();

        private sealed class SinkStream : StreamHandler
        {
            private readonly byte[] _buffer = new byte[FrameLayout.PayloadBytesMax];

            public override void OnBegin(in BeginFrame frame)
            {
                Port.SendBegin();
                Port.SendWindow(WindowBytes);
            }

            public override void OnData(in DataFrame frame)
            {
                frame.Payload.CopyTo(_buffer);
                Port.Acknowledge(frame.Reserved);
            }

            public override void OnEnd(in EndFrame frame) => Port.SendEnd();
        }
    }

    private sealed class Sender(string path, long bytes, bool isReference) : StreamHandler
    {
        private static PayloadSource? _source;
        private static byte[]? _content;

        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private long _sent;

        public Task Done => _done.Task;

        public override void OnWindow(in WindowFrame frame)
        {
            _source ??= PayloadSource.Open(path);
            _content ??= File.ReadAllBytes(path);
            while (_sent < bytes && Port.SendableBytes >= PieceBytes)
            {
                long position = _sent % FileBytes;
                _ = isReference ? Port.TrySendReference(_source, position, PieceBytes) : Port.TrySendData(_content.AsSpan((int)position, PieceBytes));
                _sent += PieceBytes;
            }

            if (_sent >= bytes)
            {
                Port.SendEnd();
            }
        }

        public override void OnClosed() => _done.TrySetResult();
    }
}
