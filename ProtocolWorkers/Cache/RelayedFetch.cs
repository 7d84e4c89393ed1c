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
/// A cache that goes before it has answered costs nothing but time: the read is opened again when the topic is back.
/// </remarks>
internal sealed class RelayedFetch : StreamHandler, ITopicUser
{
    private readonly TopicView _topic;
    private readonly byte[] _request;
    private Ahead? _ahead;
    private bool _isAwaited; // The mapping's first WINDOW has come.
    private bool _isBegun;
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
        if (!_isBegun)
        {
            Port.Close(_topic.LostReason ?? CloseReason.PeerLost);
        }
    }

    public override void OnClosed()
    {
        _topic.Leave(this);
        Ahead? ahead = _ahead;
        _ahead = null;
        ahead?.Port.Close(CloseReason.Cancelled);
    }

    private void Continue()
    {
        if (_ahead is not null || _isBegun)
        {
            return;
        }

        if (_topic.Reader is not null && KafkaBeginEx.TryRead(_request, out KafkaBeginEx kafka))
        {
            _topic.Leave(this);
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
            _ahead = new Ahead(this);
            _topic.Engine.Open(_ahead, _topic.BindingId, _topic.ExitId, _request, Port.Authorization, Port.TraceId, peer: _topic.Peer);
            if (_isAwaited)
            {
                _ahead.Port.ShareWindowOf(Port);
            }

            if (_isEnded)
            {
                _ahead.Port.SendEnd();
            }
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
        if (_isBegun || !mayComeBack)
        {
            if (_isBegun)
            {
                Port.SendAbort(frame.Reason, frame.Extension);
            }

            Port.SendReset(frame.Reason, frame.Extension); // Before our BEGIN it speaks for both directions.
        }
    }

    /// <summary>The stream to the cache.</summary>
    private sealed class Ahead(RelayedFetch owner) : StreamHandler
    {
        private bool IsCurrent => owner._ahead == this;

        public override void OnBegin(in BeginFrame frame)
        {
            if (IsCurrent)
            {
                owner._isBegun = true;
                owner.Port.SendBegin(frame.Extension);
            }
        }

        // Passed on at once: the window that the cache has is the one that was granted to us.
        public override void OnData(in DataFrame frame)
        {
            if (IsCurrent && !owner.Port.TryPassOn(frame, frame.Flags, frame.Extension))
            {
                owner.Port.Close(CloseReason.Failed);
            }
        }

        public override void OnFlush(in FlushFrame frame)
        {
            if (IsCurrent)
            {
                owner.Port.SendFlush(frame.Extension);
            }
        }

        public override void OnEnd(in EndFrame frame)
        {
            if (IsCurrent)
            {
                owner.Port.SendEnd(frame.Extension);
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
