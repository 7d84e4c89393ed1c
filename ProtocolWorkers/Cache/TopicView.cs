using System.Text;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.KafkaCache.Segments;

namespace Sluice.ProtocolWorkers.Cache;

/// <summary>Someone who reads or writes a topic and wants to hear of it.</summary>
internal interface ITopicUser
{
    /// <summary>Where the view keeps the user; the view's own.</summary>
    int Slot { get; set; }

    /// <summary>The topic became readable, has more to read, or is read from another place (<see cref="TopicView.Generation"/>).</summary>
    void OnTopicMoved();

    /// <summary>The cache has been gone for long: what is not mapped now will not come soon.</summary>
    void OnTopicLost();
}

/// <summary>One topic as one engine sees it: the stream that tells how far the cache reaches, and the mapped segments.</summary>
/// <remarks>
/// <code>
///   opened by the first user ─▶ reading ─── cache gone ──▶ reading the old mapping, opening again (50 ms .. 1 s)
///                                 ▲                            │ reply: the new mapping fills up beside the old one
///                                 └──── new caught up ◀────────┘
///   last user gone for LingerMs: closed
/// </code>
/// A dead cache costs reads nothing: they are served from what is mapped, until the new cache has read at least as far, or all there is.
/// What the old one did not hold, and what is to be written, waits for the new one, for PatienceMs at most. A topic that does not exist gives no reply; its users wait (config-kafka §4.8).
/// </remarks>
internal sealed class TopicView
{
    private readonly CacheClientBinding _binding;
    private readonly byte[] _nameBytes;
    private readonly List<ITopicUser> _users = [];
    private TopicStream? _stream;
    private TopicReader? _next;
    private EngineTimer? _retry;
    private EngineTimer? _linger;
    private EngineTimer? _patience;
    private CloseReason _lastReason;
    private PartitionOffset[] _scratch = [];
    private int _retryMs;
    private bool _wasLost;

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

    /// <summary>Where records are read; null until the topic is known.</summary>
    public TopicReader? Reader { get; private set; }

    /// <summary>Changes with <see cref="Reader"/>: places in the old one mean nothing in the new one.</summary>
    public int Generation { get; private set; }

    /// <summary>True from the cache's reply until it is gone.</summary>
    public bool IsConnected { get; private set; }

    /// <summary>Why nobody should wait for the cache any more; null while it is there, or may be in a moment.</summary>
    public CloseReason? LostReason { get; private set; }

    /// <summary>
    /// The last offset known to exist. While a new cache fills up it may know more than the old mapping: a read must not miss what was
    /// acknowledged since.
    /// </summary>
    public long LatestOffset(int partition)
    {
        long latest = Reader![partition].LatestOffset;
        return _next is not null && partition < _next.PartitionCount ? Math.Max(latest, _next[partition].LatestOffset) : latest;
    }

    /// <summary>Room for an entry of each partition, for the moment.</summary>
    public PartitionOffset[] Scratch(int partitions) => _scratch.Length < partitions ? _scratch = new PartitionOffset[partitions] : _scratch;

    public void Join(ITopicUser user)
    {
        user.Slot = _users.Count;
        _users.Add(user);
        _linger?.Dispose();
        _linger = null;
    }

    public void Leave(ITopicUser user)
    {
        ITopicUser last = _users[^1];
        _users[user.Slot] = last;
        last.Slot = user.Slot;
        _users.RemoveAt(_users.Count - 1);
        if (_users.Count == 0)
        {
            _linger = Engine.Schedule(_binding.Options.LingerMs, static view => ((TopicView)view!).Close(), this);
        }
    }

    /// <summary>The segments make no sense: reads them anew.</summary>
    public void Reopen(string error)
    {
        CacheLog.TopicUnreadable(Logger, Name, error, _retryMs);
        _stream?.Port.Close(CloseReason.Failed);
        OnLost(CloseReason.Failed);
        Serve(null);
    }

    public void Unmap()
    {
        Reader?.Dispose();
        _next?.Dispose();
        Reader = _next = null;
    }

    private void Open()
    {
        _stream = new TopicStream(this);
        Engine.Open(_stream, BindingId, ExitId, KafkaBeginEx.WriteTopic(ExtensionWriter.Scratch, _nameBytes));
    }

    private void Close()
    {
        _binding.Forget(this);
        _retry?.Dispose();
        _patience?.Dispose();
        TopicStream? stream = _stream;
        _stream = null;
        stream?.Port.Close(CloseReason.Cancelled);
        Unmap();
    }

    private void OnReply(in KafkaReplyEx reply)
    {
        string path = Encoding.UTF8.GetString(reply.Path);
        TopicReader? reader = TopicReader.TryOpen(path, out string? error);
        if (reader is null)
        {
            CacheLog.TopicUnreadable(Logger, Name, error ?? "no reason given", _retryMs);
            _stream!.Port.Close(CloseReason.Failed);
            OnLost(CloseReason.Failed);
            return;
        }

        CacheLog.TopicOpened(Logger, Name, reader.PartitionCount, path);
        if (_wasLost)
        {
            CacheLog.TopicBack(Logger, Name);
        }

        _wasLost = false;
        _patience?.Dispose();
        _patience = null;
        LostReason = null;
        IsConnected = true;
        _retryMs = _binding.Options.RetryMsMin;
        _next = reader;
        if (!ServeNextIfReady())
        {
            TellMoved(); // Writers need not wait for readers.
        }
    }

    private void OnAdvanced()
    {
        try
        {
            _next?.Refresh();
            Reader?.Refresh();
        }
        catch (InvalidDataException exception)
        {
            Reopen(exception.Message);
            return;
        }

        if (!ServeNextIfReady())
        {
            TellMoved();
        }
    }

    private bool ServeNextIfReady()
    {
        if (_next is null || (Reader is not null && !HasCaughtUp(_next, Reader)))
        {
            return false;
        }

        Serve(_next);
        TellMoved();
        return true;
    }

    private void Serve(TopicReader? reader)
    {
        Reader?.Dispose();
        Reader = reader;
        _next = null;
        Generation++;
    }

    // Either it has read as far as the old one, or all there is: a topic made anew begins at 0 and never gets that far.
    private static bool HasCaughtUp(TopicReader next, TopicReader old)
    {
        for (int i = 0; i < next.PartitionCount; i++)
        {
            long cached = next[i].CachedNextOffset;
            bool isAhead = i >= old.PartitionCount || cached >= old[i].CachedNextOffset;
            if (!isAhead && cached <= next[i].LatestOffset)
            {
                return false;
            }
        }

        return true;
    }

    // The cache is there and caches the topic anew (it went back, or was made again): the old mapping serves until the new one can.
    private void OnEnded()
    {
        Disconnect();
        _retry = Engine.Schedule(_binding.Options.RetryMsMin, static view => ((TopicView)view!).Open(), this);
    }

    private void OnLost(CloseReason reason)
    {
        if (_stream is null)
        {
            return; // Told twice: one stream, two directions.
        }

        Disconnect();
        if (!_wasLost && reason != CloseReason.Shutdown)
        {
            CacheLog.TopicLost(Logger, Name, reason, _retryMs);
        }

        _wasLost = true;
        _lastReason = reason;
        _retry = Engine.Schedule(_retryMs, static view => ((TopicView)view!).Open(), this);
        _retryMs = Math.Min(_retryMs * 2, _binding.Options.RetryMsMax);
        if (reason == CloseReason.Refused)
        {
            GiveUp(); // It is there and said no.
        }
        else if (LostReason is null)
        {
            _patience ??= Engine.Schedule(_binding.Options.PatienceMs, static view => ((TopicView)view!).GiveUp(), this);
        }
    }

    private void Disconnect()
    {
        _stream = null;
        _next?.Dispose();
        _next = null;
        IsConnected = false;
    }

    private void GiveUp()
    {
        LostReason = _lastReason;
        for (int i = _users.Count - 1; i >= 0; i--)
        {
            _users[i].OnTopicLost();
        }
    }

    // Backwards: a user that leaves while it is told takes itself out, and the last one, told already, takes its place.
    private void TellMoved()
    {
        for (int i = _users.Count - 1; i >= 0; i--)
        {
            _users[i].OnTopicMoved();
        }
    }

    private sealed class TopicStream(TopicView view) : StreamHandler
    {
        private const int WindowBytes = 4096; // Only marks come, which need none; it says that we are ready.

        private bool IsCurrent => view._stream == this;

        public override void OnBegin(in BeginFrame frame)
        {
            Port.SendWindow(WindowBytes);
            if (IsCurrent && KafkaReplyEx.TryRead(frame.Extension, out KafkaReplyEx reply))
            {
                view.OnReply(reply);
            }
        }

        public override void OnFlush(in FlushFrame frame)
        {
            if (IsCurrent)
            {
                view.OnAdvanced();
            }
        }

        public override void OnEnd(in EndFrame frame)
        {
            Port.Close(CloseReason.None);
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
            if (IsCurrent)
            {
                view.OnLost(reason);
            }
        }
    }
}
