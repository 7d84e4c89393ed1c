using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.KafkaCache.Segments;

namespace Sluice.ProtocolWorkers.Cache;

/// <summary>A read of a topic that is not mapped here: not known yet, or cached on a host whose memory we do not share.</summary>
/// <remarks>
/// <code>
///   mapped in the meantime: a MergedFetch takes over, as if it had been there from the start
///   cached elsewhere:       the same merged fetch is opened at the cache, and its frames are passed on, credit by credit
/// </code>
/// A cache that goes costs nothing but time: the read is opened again when the topic is back, and goes on behind the last byte that was
/// passed on (<see cref="RelayedProgress"/>).
/// </remarks>
internal sealed class RelayedFetch : StreamHandler, ITopicUser
{
    private const int TriesMax = 3; // In a row, at a cache that says that it has the topic: then the trouble is another.
    private const int RetryMs = 50; // When only this stream was lost, and the topic is where it was.

    private readonly TopicView _topic;
    private readonly byte[] _request;
    private Ahead? _ahead;
    private RelayedProgress? _progress; // From the first answer on.
    private FrameHold _hold;            // What a second cache sent while the mapping still had to take what the first one had: its window is that of both.
    private EngineTimer? _retry;
    private int _tries;
    private bool _isAwaited; // The mapping's first WINDOW has come.
    private bool _isEnded;

    public RelayedFetch(TopicView topic, in BeginFrame begin)
    {
        _topic = topic;
        _request = begin.Extension.ToArray();
        topic.Join(this);
    }

    public int Slot { get; set; }

    public override void OnBegin(in BeginFrame frame)
    {
        if (_topic.LostReason is CloseReason reason && !_topic.IsConnected)
        {
            Port.Close(reason);
        }
        else
        {
            Continue();
        }
    }

    public override void OnWindow(in WindowFrame frame)
    {
        _isAwaited = true;
        _hold.TrySendAll(Port);
        _ahead?.Port.ShareWindowOf(Port);
    }

    public override void OnEnd(in EndFrame frame)
    {
        _isEnded = true;
        _ahead?.Port.SendEnd();
    }

    public void OnTopicMoved() => Continue();

    public void OnTopicLost()
    {
        if (_progress is null || _ahead is null)
        {
            Port.Close(_topic.LostReason ?? CloseReason.PeerLost);
        }
    }

    public override void OnClosed()
    {
        _topic.Leave(this);
        _retry?.Dispose();
        _hold.Release();
        Ahead? ahead = _ahead;
        _ahead = null;
        ahead?.Port.Close(CloseReason.Cancelled);
    }

    private void Continue()
    {
        if (_ahead is not null || Port.IsOutClosed)
        {
            return;
        }

        if (_progress is not null)
        {
            GoOn(_progress);
        }
        else if (_topic.Reader is not null && KafkaBeginEx.TryRead(_request, out KafkaBeginEx kafka))
        {
            _topic.Leave(this);
            _retry?.Dispose();
            var mapped = new MergedFetch(_topic, kafka);
            Port.HandOver(mapped);
            mapped.OnBegin(default);
            if (_isAwaited)
            {
                mapped.OnWindow(default);
            }
        }
        else if (_topic is { IsConnected: true, IsElsewhere: true })
        {
            Open(_request);
        }
    }

    // Where the topic is mapped by now its records go on coming as frames: the mapping has heard our BEGIN.
    private void GoOn(RelayedProgress progress)
    {
        if (_topic.IsConnected)
        {
            Open(progress.NextRequest());
        }
    }

    private void Open(ReadOnlySpan<byte> request)
    {
        _retry?.Dispose();
        _ahead = new Ahead(this);
        _topic.Engine.Open(_ahead, _topic.BindingId, _topic.ExitId, request, Port.Authorization, Port.TraceId, peer: _topic.Peer);
        if (_isAwaited)
        {
            _ahead.Port.ShareWindowOf(Port);
        }

        if (_isEnded)
        {
            _ahead.Port.SendEnd();
        }
    }

    private void OnAnswer(in BeginFrame frame)
    {
        _tries = 0;
        if (!KafkaReplyEx.TryRead(frame.Extension, out KafkaReplyEx reply) || _progress?.MayGoOn(reply.Latest) == false)
        {
            Port.Close(CloseReason.Failed); // The topic was made anew: offsets of the old one mean nothing in it.
        }
        else if (_progress is null)
        {
            _progress = new RelayedProgress(_request, reply.Latest);
            Port.SendBegin(frame.Extension);
        }
    }

    private void PassRest(in DataFrame frame, int skip)
    {
        ReadOnlySpan<byte> rest = frame.Payload[skip..];
        DataFlags flags = frame.Flags & ~DataFlags.Init; // That, and what the record is, was passed on before.
        bool isNothing = rest.IsEmpty && (flags & DataFlags.Fin) == 0;
        if (!isNothing && (!_hold.IsEmpty || !Port.TrySendData(rest, flags)))
        {
            _hold.Add(flags, rest);
        }
    }

    private void OnFinished(RelayedProgress progress)
    {
        _ahead = null;
        if (progress.IsInRecord)
        {
            Port.Close(CloseReason.Failed); // It is gone there: compacted away while a slow client was in the middle of it.
        }
        else
        {
            Continue();
        }
    }

    private void OnAheadLost(Ahead ahead, in CloseFrame frame)
    {
        if (ahead != _ahead)
        {
            return;
        }

        _ahead = null;
        bool mayComeBack = frame.Reason is CloseReason.PeerLost or CloseReason.Unreachable or CloseReason.Shutdown;
        if (mayComeBack && _progress?.CanGoOn != false && _tries++ < TriesMax)
        {
            _retry = _topic.Engine.Schedule(RetryMs, static fetch => ((RelayedFetch)fetch!).Continue(), this);
            return;
        }

        if (_progress is not null)
        {
            Port.SendAbort(frame.Reason, frame.Extension);
        }

        Port.SendReset(frame.Reason, frame.Extension); // Before our BEGIN it speaks for both directions.
    }

    /// <summary>The stream to the cache.</summary>
    private sealed class Ahead(RelayedFetch owner) : StreamHandler
    {
        private bool IsCurrent => owner._ahead == this;

        public override void OnBegin(in BeginFrame frame)
        {
            if (IsCurrent)
            {
                owner.OnAnswer(frame);
            }
        }

        // Passed on at once: the window that the cache has is the one that was granted to us.
        public override void OnData(in DataFrame frame)
        {
            if (!IsCurrent)
            {
                return;
            }

            if (!owner._progress!.TryNoteData(frame, out int skip))
            {
                owner.Port.Close(CloseReason.Failed);
            }
            else if (owner._progress.IsFinishing)
            {
                owner.PassRest(frame, skip);
                Port.ShareWindowOf(owner.Port); // What was left out needs no room there.
            }
            else if (!owner._hold.IsEmpty || !owner.Port.TryPassOn(frame, frame.Flags, frame.Extension))
            {
                owner._hold.Add(frame);
            }
        }

        public override void OnFlush(in FlushFrame frame)
        {
            if (IsCurrent && owner._progress!.TryNoteFlush(frame))
            {
                owner._hold.AddFlush(frame.Extension);
                owner._hold.TrySendAll(owner.Port);
            }
        }

        public override void OnEnd(in EndFrame frame)
        {
            if (IsCurrent && owner._progress is { IsFinishing: true } progress)
            {
                Port.Close(CloseReason.None);
                owner.OnFinished(progress);
            }
            else if (IsCurrent)
            {
                owner._hold.AddEnd(frame.Extension);
                owner._hold.TrySendAll(owner.Port);
            }
        }

        public override void OnAbort(in CloseFrame frame) => Lose(frame);

        public override void OnReset(in CloseFrame frame) => Lose(frame);

        private void Lose(in CloseFrame frame)
        {
            Port.Close(frame.Reason);
            owner.OnAheadLost(this, frame);
        }
    }
}
