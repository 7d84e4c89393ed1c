using Sluice.Frames;

namespace Sluice.Simulation;

/// <summary>What one direction of a conversation is to carry, how far each side got, and the rules that must hold between them.</summary>
internal sealed class SimDirection
{
    private readonly byte _salt;

    public SimDirection(SimRandom random)
    {
        _salt = (byte)random.NextBits();
        File = random.Below(SimSource.Files);
        int messages = random.Pick(0, 1, 1, 2, 5, 20);
        Messages = new int[messages];
        for (int i = 0; i < messages; i++)
        {
            Messages[i] = random.Pick(-1, 0, random.Below(20), random.Below(1000), random.Below(1000), random.Below(random.OneIn(8) ? 150_000 : 9000));
        }
    }

    /// <summary>The file that holds the content.</summary>
    public int File { get; }

    /// <summary>Where in it the next piece begins.</summary>
    public int SendPosition => SimSource.PositionOf(_salt, SendMessage) + SendOffset;

    /// <summary>Length of each message; -1 for one without payload.</summary>
    public int[] Messages { get; }

    public bool HasSentEnd { get; set; }

    public bool HasGotEnd { get; private set; }

    /// <summary>True when the sender or the receiver gave up, or the world interfered: then less may arrive.</summary>
    public bool IsGivenUp { get; set; }

    // The sender's place.
    public int SendMessage { get; set; }

    public int SendOffset { get; set; }

    public bool IsSentWhole => SendMessage == Messages.Length;

    // The receiver's place.
    private int _message;
    private int _offset;
    private int _flushes;

    public int Flushes { get; set; }

    /// <summary>How often its receiver has asked for fresh credentials.</summary>
    public int Challenges { get; set; }

    public void Fill(Span<byte> payload)
    {
        for (int i = 0; i < payload.Length; i++)
        {
            payload[i] = ByteAt(SendMessage, SendOffset + i);
        }
    }

    /// <summary>Takes a piece as the receiver hears it. Returns what is wrong, or null.</summary>
    public string? Take(in DataFrame frame)
    {
        if (HasGotEnd)
        {
            return "DATA after END";
        }

        if (_message == Messages.Length)
        {
            return "more content than was sent";
        }

        int length = Messages[_message];
        if (frame.IsNull != length < 0 || frame.Payload.Length > Math.Max(0, length) - _offset)
        {
            return $"message {_message} of {length} bytes goes on with {frame.Payload.Length} bytes (null {frame.IsNull}) at {_offset}";
        }

        for (int i = 0; i < frame.Payload.Length; i++)
        {
            if (frame.Payload[i] != ByteAt(_message, _offset + i))
            {
                return $"byte {_offset + i} of message {_message} is wrong";
            }
        }

        bool isLast = _offset + frame.Payload.Length == Math.Max(0, length);
        DataFlags expected = (_offset == 0 ? DataFlags.Init : DataFlags.None) | (isLast ? DataFlags.Fin : DataFlags.None);
        if (frame.Flags != expected && !(frame.Payload.Length == 0 && length > 0))
        {
            return $"flags are {frame.Flags} where {expected} was sent";
        }

        int extension = frame.Extension.Length == 4 ? BitConverter.ToInt32(frame.Extension) : -1;
        if (extension != (_offset == 0 ? _message : -1))
        {
            return $"the extension of message {_message} says {extension}";
        }

        _offset += frame.Payload.Length;
        if (isLast)
        {
            _message++;
            _offset = 0;
        }

        return null;
    }

    /// <summary>A mark carries its number and the message it stands in.</summary>
    public string? TakeFlush(in FlushFrame frame) =>
        BitConverter.ToInt32(frame.Extension) != _flushes++ || BitConverter.ToInt32(frame.Extension[4..]) != _message ? "FLUSH came at another place than it was sent" : null;

    public string? TakeEnd()
    {
        bool isTwice = HasGotEnd;
        HasGotEnd = true;
        return isTwice ? "END twice"
            : !HasSentEnd ? "END that nobody sent"
            : _message != Messages.Length || _flushes != Flushes ? $"END after message {_message} of {Messages.Length}"
            : null;
    }

    public override string ToString() => $"[{string.Join(',', Messages)}] sent {SendMessage}+{SendOffset} end {HasSentEnd}, got {_message}+{_offset} end {HasGotEnd}, given up {IsGivenUp}";

    private byte ByteAt(int message, int offset) => SimSource.ByteAt(File, SimSource.PositionOf(_salt, message) + offset);
}
