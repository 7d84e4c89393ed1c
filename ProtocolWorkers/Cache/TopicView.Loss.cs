using Sluice.Frames;

namespace Sluice.ProtocolWorkers.Cache;

// Loss: the cache goes, and comes back or another takes its place.
internal sealed partial class TopicView
{
    private EngineTimer? _retry;
    private EngineTimer? _patience;
    private CloseReason _lastReason;
    private int _retryMs;
    private bool _wasLost;

    private void OnConnected()
    {
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
    }

    // The cache is there and caches the topic anew (it went back, or was made again): the old mapping serves until the new one can.
    private void OnEnded()
    {
        Disconnect();
        _lastReason = CloseReason.PeerLost;
        OpenAgain(_binding.Options.RetryMsMin);
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
        if (reason == CloseReason.Refused)
        {
            GiveUp(); // It is there and said no.
        }

        OpenAgain(_retryMs);
        _retryMs = Math.Min(_retryMs * 2, _binding.Options.RetryMsMax);
    }

    private void Disconnect()
    {
        _stream = null;
        IsConnected = false;
        DropNext();
    }

    private void OpenAgain(int delayMs)
    {
        if (_coming is not null)
        {
            (_stream, _coming) = (_coming, null); // The new home has been asked already.
        }
        else
        {
            _retry = Engine.Schedule(delayMs, static view => ((TopicView)view!).Open(), this);
        }

        if (LostReason is null)
        {
            _patience ??= Engine.Schedule(_binding.Options.PatienceMs, static view => ((TopicView)view!).GiveUp(), this);
        }
    }

    private void GiveUp() => TellLost(_lastReason);
}
