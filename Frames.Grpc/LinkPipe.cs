using Google.Protobuf;
using Grpc.Core;
using Sluice.Frames.Grpc.Wire;
using Sluice.Frames.Links;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Grpc;

/// <summary>One engine's way over one call: two rings in this process, and two tasks that carry batches between them and the call.</summary>
/// <remarks>
/// The engine sees an ordinary link end. It rings for the sending task as it rings for an engine; the receiving task is the producer of
/// the other ring and wakes the engine. A full ring stops the task, the task stops reading, and HTTP/2 stops the peer.
/// </remarks>
internal sealed class LinkPipe : IDisposable
{
    /// <summary>An empty batch is sent after this long without frames: the peer knows that we live.</summary>
    public const int HeartbeatMs = 1000;

    /// <summary>A peer that said nothing for this long is lost: five heartbeats, for a busy machine may be late.</summary>
    public const int SilenceMsMax = 5 * HeartbeatMs;

    private const int FullRingMs = 1; // The engine has a megabyte to do; it will not be long.

    private readonly FrameEngine _engine;
    private readonly RingPair _rings;
    private readonly FrameRing _outbound;
    private readonly FrameRing _inbound;
    private readonly LinkEnd _end;
    private readonly SemaphoreSlim _bell = new(0);
    private readonly byte[] _batch = new byte[FrameBatch.BytesMax];

    public LinkPipe(FrameEngine engine, Hello peer, int peerEngine, int ringBytes)
    {
        _engine = engine;
        _rings = new RingPair(ringBytes);
        _outbound = _rings.Outbound;
        _inbound = _rings.Inbound;
        _end = new LinkEnd(
            engine, peer.Room, _outbound, _inbound, () => _bell.Release(),
            new LinkPeer(LinkPeer.KeyOf(peer.Room, peer.Host, peer.Instance), peerEngine, IsNear: false));
    }

    /// <summary>Carries frames until the call ends; then every stream of the end is told, and the memory goes.</summary>
    /// <returns>Why it ended, in words; null when <paramref name="stop"/> said so or the peer ended the call.</returns>
    public async Task<string?> RunAsync(IAsyncStreamReader<Batch> reader, IAsyncStreamWriter<Batch> writer, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        _engine.Post(() => _engine.AddEnd(_end, over.Cancel));
        Task sending = Task.Run(() => SendAsync(writer, over.Token), CancellationToken.None);
        Task receiving = Task.Run(() => ReceiveAsync(reader, over.Token), CancellationToken.None);
        Task first = await Task.WhenAny(sending, receiving).ConfigureAwait(false);
        string? problem = stop.IsCancellationRequested ? null : await WordsAsync(first).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        await WordsAsync(sending).ConfigureAwait(false);
        await WordsAsync(receiving).ConfigureAwait(false);

        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _engine.Post(() =>
        {
            _engine.LoseEnd(_end, stop.IsCancellationRequested ? CloseReason.Shutdown : CloseReason.PeerLost);
            lost.SetResult();
        });
        await lost.Task.ConfigureAwait(false);
        Dispose();
        return problem;
    }

    /// <summary>Frees the rings; <see cref="RunAsync"/> does it at its end.</summary>
    public void Dispose()
    {
        _rings.Dispose();
        _bell.Dispose();
    }

    private async Task SendAsync(IAsyncStreamWriter<Batch> writer, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            int bytes = FrameBatch.Gather(_outbound, _batch);
            if (bytes == 0)
            {
                _outbound.Park();
                bool isRung = !_outbound.IsEmpty || await _bell.WaitAsync(HeartbeatMs, over).ConfigureAwait(false);
                _outbound.Unpark();
                if (isRung)
                {
                    continue;
                }
            }

            // Written out when the call returns, so the buffer may be used again.
            await writer.WriteAsync(new Batch { Frames = UnsafeByteOperations.UnsafeWrap(_batch.AsMemory(0, bytes)) }, over).ConfigureAwait(false);
        }
    }

    private async Task ReceiveAsync(IAsyncStreamReader<Batch> reader, CancellationToken over)
    {
        while (await reader.MoveNext(over).WaitAsync(TimeSpan.FromMilliseconds(SilenceMsMax), over).ConfigureAwait(false))
        {
            ReadOnlyMemory<byte> batch = reader.Current.Frames.Memory;
            for (int at = 0; !FrameBatch.TryDeliver(_inbound, batch.Span, ref at);)
            {
                WakeEngine();
                await Task.Delay(FullRingMs, over).ConfigureAwait(false);
            }

            WakeEngine();
        }
    }

    private void WakeEngine()
    {
        if (_inbound.TakeParked())
        {
            _engine.Wake();
        }
    }

    /// <summary>What a task ended with, in words. A call that was ended on purpose has none.</summary>
    private static async Task<string?> WordsAsync(Task task)
    {
        try
        {
            await task.ConfigureAwait(false);
            return null;
        }
        catch (TimeoutException)
        {
            return $"the peer said nothing for {SilenceMsMax / 1000} s";
        }
        catch (InvalidDataException exception)
        {
            return exception.Message;
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or RpcException or InvalidOperationException or ObjectDisposedException)
        {
            return null; // The call is over; its death is news enough.
        }
    }
}
