using System.Buffers;
using Sluice.Frames;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>Carries record values from a kafka stream into a response, no faster than the client takes them.</summary>
/// <remarks>
/// What was granted to the kafka stream is given back only when its bytes have left: so a client that stops reading stops the kafka
/// stream, and at most one window of bytes waits here. Small values are gathered into one frame: a list of a hundred records then
/// costs Edge one frame, not a hundred. A bounded read always ends or runs out of credit, so what is gathered never waits for long.
/// </remarks>
internal struct ResponseBody(StreamPort http, StreamPort kafka)
{
    /// <summary>Credit of the kafka stream: one slot, the most that may be held in a room (config-core §2.3 rule 6).</summary>
    public const int WindowBytes = FrameLayout.PayloadBytesMax;

    /// <summary>Charged on each piece of a list: its bracket or comma.</summary>
    public const int ListPaddingBytes = 1;

    // Below half the window the kafka stream always has credit left, so waiting for more cannot stop it.
    private const int GatherBytes = (WindowBytes / 2) - 1024;
    private const int HeldBytesMax = WindowBytes + 64; // And the closing bracket.

    private byte[]? _held;
    private int _start;
    private int _end;
    private int _owedBytes;
    private bool _isComplete;

    /// <summary>Takes a piece of a value that is sent on at once, as far as credit allows: by reference, when it came so and need not wait.</summary>
    public void Pass(in DataFrame frame)
    {
        if (_start == _end && http.TryPassOn(frame, DataFlags.Whole))
        {
            kafka.Acknowledge(frame.Reserved);
            return;
        }

        Hold(frame.Payload);
        _owedBytes += frame.Reserved;
        Flush();
    }

    /// <summary>Takes a piece of a list that may wait for others.</summary>
    /// <param name="prefix">The character before the piece, 0 for none.</param>
    /// <param name="frame">The piece.</param>
    public void Gather(byte prefix, in DataFrame frame)
    {
        if (prefix != 0)
        {
            Hold([prefix]);
        }

        Hold(frame.Payload);
        _owedBytes += frame.Reserved;
        if (_end - _start >= GatherBytes)
        {
            Flush();
        }
    }

    /// <summary>Nothing follows but these bytes: sends them and END as soon as credit allows.</summary>
    public void Complete(ReadOnlySpan<byte> suffix)
    {
        Hold(suffix);
        _isComplete = true;
        Flush();
    }

    /// <summary>Sends what was held back, as far as credit allows.</summary>
    public void Flush()
    {
        while (_start < _end)
        {
            int bytes = Math.Min(http.SendableBytes, _end - _start);
            if (bytes == 0 || !http.TrySendData(_held.AsSpan(_start, bytes)))
            {
                return;
            }

            _start += bytes;
        }

        _start = _end = 0;
        if (_owedBytes > 0)
        {
            kafka.Acknowledge(_owedBytes);
            _owedBytes = 0;
        }

        if (_isComplete)
        {
            http.SendEnd();
        }
    }

    /// <summary>Gives the buffer back.</summary>
    public void Release()
    {
        if (_held is not null)
        {
            ArrayPool<byte>.Shared.Return(_held);
            _held = null;
        }
    }

    private void Hold(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        _held ??= ArrayPool<byte>.Shared.Rent(HeldBytesMax);
        if (_end + bytes.Length > _held.Length)
        {
            _held.AsSpan(_start, _end - _start).CopyTo(_held);
            _end -= _start;
            _start = 0;
        }

        bytes.CopyTo(_held.AsSpan(_end));
        _end += bytes.Length;
    }
}
