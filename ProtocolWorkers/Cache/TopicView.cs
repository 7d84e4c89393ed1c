using System.Text;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.KafkaCache.Segments;

namespace Sluice.ProtocolWorkers.Cache;

/// <summary>One topic as one engine sees it: the stream that tells how far the cache reaches, and the mapped segments.</summary>
/// <remarks>
/// <code>
///   opened by the first user ─▶ reading ─── cache gone ──▶ reading the old mapping, opening again (50 ms .. 1 s)
///                                 ▲                            │ reply: the new mapping fills up beside the old one
///                                 └──── new caught up ◀────────┘
///   last user gone for LingerMs: closed
/// </code>
/// A dead cache costs reads nothing: they are served from what is mapped, until the new cache has read at least as far, or all there is.
/// What the old one did not hold (others who have found the new one note in the old one's files how far it reaches, and a start of a cache marks
/// them as out of date), and what is to be written, waits for the new one, for PatienceMs at most. A topic that does not exist gives no reply; its users wait (config-kafka §4.8).
/// With several caches a topic is at home in one of them, the same for all workers, so that each is read once and a writer anywhere is seen by readers
/// everywhere. When its home changes the new one is asked first and the old one left then (<c>TopicView.Home.cs</c>).
/// A cache on another host shares no memory: its records come as frames (<see cref="RelayedFetch"/>).
/// </remarks>
internal sealed partial class TopicView : TopicSource
{
    private const int MapFailuresMax = 3; // A topic that goes back in the moment it is opened is no longer there; three times in a row it is not that.

    private readonly CacheClientBinding _binding;
    private readonly byte[] _nameBytes;
    private TopicStream? _stream;
    private EngineTimer? _linger;
    private int _partitionsTold;
    private int _mapFailures;
    private bool _isCompactedTold;
    private bool _isElsewhere;

    public TopicView(CacheClientBinding binding, string name)
    {
        _binding = binding;
        _nameBytes = Encoding.ASCII.GetBytes(name);
        _retryMs = binding.Options.RetryMsMin;
        Name = name;
        Open();
    }

    public string Name { get; }

    public ReadOnlySpan<byte> NameBytes => _nameBytes;

    public FrameEngine Engine => _binding.Engine;

    public ILogger Logger => _binding.Logger;

    public long BindingId => _binding.Options.Id;

    public long ExitId => _binding.Options.ExitId;

    /// <summary>True from the cache's reply until it is gone.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>The process where the topic is cached: what belongs to it goes there too. Known while connected.</summary>
    public long Peer => _stream?.Port.Peer ?? 0;

    /// <summary>Partitions of the topic; 0 until it is known.</summary>
    public int PartitionCount => Reader?.PartitionCount ?? (_isElsewhere ? _partitionsTold : 0);

    /// <summary>True when the topic keeps the newest record of each key.</summary>
    public bool IsCompacted => Reader?.IsCompacted ?? _isCompactedTold;

    public override bool IsElsewhere => _isElsewhere;

    public override void Join(ITopicUser user)
    {
        base.Join(user);
        _linger?.Dispose();
        _linger = null;
    }

    public override void Leave(ITopicUser user)
    {
        base.Leave(user);
        if (UserCount == 0)
        {
            _linger = Engine.Schedule(_binding.Options.LingerMs, static view => ((TopicView)view!).Close(), this);
        }
    }

    public override void Reopen(string error)
    {
        CacheLog.TopicUnreadable(Logger, Name, error, _retryMs);
        _stream?.Port.Close(CloseReason.Failed);
        OnLost(CloseReason.Failed);
        Serve(null);
    }

    public override void OnRecordLeftOut(int partition, long offset, long bytes) =>
        CacheLog.RecordLeftOut(Logger, Name, partition, offset, bytes, FrameLayout.ExtensionBytesMax);

    private void Open()
    {
        _retry?.Dispose();
        _stream = NewStream();
    }

    private void Close()
    {
        _binding.Forget(this);
        _retry?.Dispose();
        _patience?.Dispose();
        TopicStream? stream = _stream;
        TopicStream? coming = _coming;
        _stream = _coming = null;
        stream?.Port.Close(CloseReason.Cancelled);
        coming?.Port.Close(CloseReason.Cancelled);
        Unmap();
    }

    private void OnReply(in KafkaReplyEx reply)
    {
        _partitionsTold = reply.Latest.Count;
        _isCompactedTold = reply.IsCompacted;
        TopicReader? reader = null;
        if (_stream!.Port.IsNear && _mapFailures < MapFailuresMax && !TryMap(reply.Path, out reader))
        {
            return;
        }

        OnConnected();
        _isElsewhere = reader is null;
        if (reader is null)
        {
            DropNext();
            Serve(null);
            CacheLog.TopicElsewhere(Logger, Name, _partitionsTold);
            TellMoved();
            return;
        }

        _mapFailures = 0;
        Offer(reader);
    }

    private bool TryMap(ReadOnlySpan<byte> pathBytes, out TopicReader? reader)
    {
        string path = Encoding.UTF8.GetString(pathBytes);
        reader = TopicReader.TryOpen(path, out string? error);
        if (reader is null)
        {
            _mapFailures++;
            CacheLog.TopicUnreadable(Logger, Name, error ?? "no reason given", _retryMs);
            _stream!.Port.Close(CloseReason.Failed);
            OnLost(CloseReason.Failed);
            return false;
        }

        CacheLog.TopicOpened(Logger, Name, reader.PartitionCount, path);
        return true;
    }

    private TopicStream NewStream()
    {
        long home = Engine.HomeOf(ExitId, Wish);
        _binding.NoteCache(home);
        var stream = new TopicStream(this);
        Engine.Open(
            stream, BindingId, ExitId, KafkaBeginEx.WriteTopic(ExtensionWriter.Scratch, _nameBytes, _binding.HasSeenSeveralCaches), peer: home);
        return stream;
    }

    private sealed class TopicStream(TopicView view) : StreamHandler
    {
        private const int WindowBytes = 4096; // Only marks come, which need none; it says that we are ready.

        private bool IsCurrent => view._stream == this;

        public override void OnBegin(in BeginFrame frame)
        {
            Port.SendWindow(WindowBytes);
            view.OnAnswered(this);
            if (IsCurrent && KafkaReplyEx.TryRead(frame.Extension, out KafkaReplyEx reply))
            {
                view.OnReply(reply);
                if (view.IsConnected)
                {
                    view.OnLinksChanged(); // What changed while we waited for the answer.
                }
            }
        }

        public override void OnFlush(in FlushFrame frame)
        {
            if (!IsCurrent)
            {
                return;
            }

            if (KafkaFlushEx.TryRead(frame.Extension, out KafkaFlushEx flush) && flush.Progress.Count > 0)
            {
                view._partitionsTold = flush.Progress.Count;
            }

            view.Advance();
        }

        public override void OnEnd(in EndFrame frame)
        {
            Port.Close(CloseReason.None);
            view.OnNotComing(this);
            if (IsCurrent)
            {
                view.OnEnded();
            }
        }

        public override void OnAbort(in CloseFrame frame) => Lose(frame.Reason);

        public override void OnReset(in CloseFrame frame) => Lose(frame.Reason);

        private void Lose(CloseReason reason)
        {
            Port.Close(reason);
            view.OnNotComing(this);
            if (IsCurrent)
            {
                view.OnLost(reason);
            }
        }
    }
}
