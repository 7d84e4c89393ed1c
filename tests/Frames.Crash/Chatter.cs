namespace Sluice.Frames.Crash;

/// <summary>Keeps conversations with an echo going on one engine: each sends some content, half-closes, hears it back, and another follows.</summary>
public sealed class Chatter(FrameEngine engine, int seed)
{
    /// <summary>The echo's binding id.</summary>
    public const long BindingId = 2;

    private const long OriginId = 1;

    private readonly Random _random = new(seed);
    private int _open;
    private long _bytes;

    /// <summary>Where half of the content lies that is sent; null sends all of it as bytes.</summary>
    public CrashSource? Source { get; init; }

    /// <summary>Goes on after failures, trying again every few milliseconds. Otherwise each conversation that fails is the last of its row.</summary>
    public bool IsEndless { get; init; }

    /// <summary>Conversations that are open. Any thread.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Bytes that came back. Any thread.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>What was wrong with what came back. Any thread.</summary>
    public string? Problem { get; private set; }

    /// <summary>Opens this many rows of conversations. Engine thread.</summary>
    public Chatter Start(int rows)
    {
        for (int i = 0; i < rows; i++)
        {
            OpenOne();
        }

        return this;
    }

    private void OpenOne()
    {
        Volatile.Write(ref _open, _open + 1);
        engine.Open(new Talk(this, _random.Next(1, 300_000), _random.Next(1, 70_000)), OriginId, BindingId);
    }

    private void Ended(bool isClean)
    {
        Volatile.Write(ref _open, _open - 1);
        if (isClean)
        {
            OpenOne();
        }
        else if (IsEndless)
        {
            engine.Schedule(5, _ => OpenOne());
        }
    }

    private sealed class Talk(Chatter chatter, int contentBytes, int windowBytes) : StreamHandler
    {
        private int _sent;
        private int _received;
        private bool _isClean;

        public override void OnBegin(in BeginFrame frame) => Port.SendWindow(windowBytes);

        public override void OnWindow(in WindowFrame frame)
        {
            while (_sent < contentBytes && Port.SendableBytes is > 0 and int sendable)
            {
                int bytes = Math.Min(sendable, contentBytes - _sent);
                bool isSent = chatter.Source is { } source && chatter._random.Next(2) == 0
                    ? Port.TrySendReference(source.Next(), (byte)_sent, bytes)
                    : TrySend(bytes);
                if (!isSent)
                {
                    break;
                }

                _sent += bytes;
            }

            if (_sent == contentBytes)
            {
                Port.SendEnd();
            }
        }

        private bool TrySend(int bytes)
        {
            if (!Port.TryClaimData(bytes, 0, out DataClaim claim))
            {
                return false;
            }

            for (int i = 0; i < bytes; i++)
            {
                claim.Payload[i] = (byte)(_sent + i);
            }

            claim.Commit(bytes);
            return true;
        }

        public override void OnData(in DataFrame frame)
        {
            foreach (byte value in frame.Payload)
            {
                if (value != (byte)_received++)
                {
                    chatter.Problem ??= $"byte {_received - 1} came back wrong";
                }
            }

            Volatile.Write(ref chatter._bytes, chatter._bytes + frame.Payload.Length);
            Port.Acknowledge(frame.Reserved);
        }

        public override void OnEnd(in EndFrame frame)
        {
            _isClean = true;
            if (_received != contentBytes)
            {
                chatter.Problem ??= $"END after {_received} of {contentBytes} bytes";
            }
        }

        public override void OnClosed() => chatter.Ended(_isClean);
    }
}
