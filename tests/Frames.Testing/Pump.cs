namespace Sluice.Frames.Testing;

/// <summary>The client of an echo: sends all it has as credit allows, ends, and collects what comes back.</summary>
/// <param name="content">What to send.</param>
/// <param name="done">Gets what came back, or an <see cref="IOException"/> when the stream closed early.</param>
public sealed class Pump(byte[] content, TaskCompletionSource<byte[]> done) : StreamHandler
{
    private readonly MemoryStream _received = new();
    private int _sent;

    /// <summary>Bytes sent so far. Any thread.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <inheritdoc/>
    public override void OnBegin(in BeginFrame frame) => Port.SendWindow(128 * 1024);

    /// <inheritdoc/>
    public override void OnWindow(in WindowFrame frame)
    {
        while (_sent < content.Length && Port.SendableBytes is > 0 and int sendable)
        {
            int bytes = Math.Min(sendable, content.Length - _sent);
            if (!Port.TrySendData(content.AsSpan(_sent, bytes)))
            {
                throw new InvalidOperationException($"{bytes} bytes were refused with {sendable} sendable");
            }

            _sent += bytes;
        }

        if (_sent == content.Length)
        {
            Port.SendEnd();
        }
    }

    /// <inheritdoc/>
    public override void OnData(in DataFrame frame)
    {
        _received.Write(frame.Payload);
        Port.Acknowledge(frame.Reserved);
    }

    /// <inheritdoc/>
    public override void OnEnd(in EndFrame frame) => done.TrySetResult(_received.ToArray());

    /// <inheritdoc/>
    public override void OnClosed() => done.TrySetException(new IOException("closed early"));
}
