using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.KafkaCache.Fetch;

/// <summary>Tells one reader where a topic is and when it moved. It ends when the topic is cached anew: open another then.</summary>
/// <remarks>
/// A reader may come from another cache that is gone, or that is no longer the topic's home, and records may have been acknowledged there that we have
/// not heard of yet. A reader that knows of several caches says so. Then, where the topic is cached already, the broker is asked for its ends
/// before the reader is told: whoever asks for all there is gets what was acknowledged anywhere before.
/// </remarks>
internal sealed class TopicStream(CacheServerBinding binding, string topic, bool hasOthers) : StreamHandler
{
    /// <summary>A broker that does not answer within this time does not keep a reader from what is cached, in milliseconds.</summary>
    private const int ConfirmMsMax = 1000;

    private Followers? _followers;
    private string? _path;
    private int _partitions;
    private bool _isConfirmed;
    private bool _isConfirming;
    private bool _isOver;

    public override void OnBegin(in BeginFrame frame)
    {
        _followers = binding.Follow(topic, out bool isNew);
        if (_followers is null)
        {
            Port.SendReset(CloseReason.LimitExceeded);
            return;
        }

        _isConfirmed = isNew || !hasOthers;
        _followers.Streams.Add(this);
        Tell(_followers.Feed, isNews: false);
    }

    public override void OnEnd(in EndFrame frame) => Port.Close(CloseReason.None);

    public override void OnClosed()
    {
        _isOver = true;
        if (_followers?.Streams.Remove(this) == true)
        {
            binding.LeaveIfIdle(topic);
        }
    }

    public void Tell(TopicFeed feed, bool isNews)
    {
        TopicPlace? place = feed.Place;
        if (_path is null && place is not null)
        {
            if (_isConfirmed)
            {
                Begin(place);
            }
            else if (!_isConfirming)
            {
                _isConfirming = true;
                _ = ConfirmAsync();
            }
        }
        else if (_path is null)
        {
            if (feed.Error != 0)
            {
                Port.SendReset(CloseReason.Refused, KafkaCloseEx.Write(ExtensionWriter.Scratch, feed.Error));
            }
        }
        else if (_path != place?.Path)
        {
            Port.SendEnd();
        }
        else if (isNews)
        {
            TellMoved(place);
        }
    }

    private void Begin(TopicPlace place)
    {
        _path = place.Path;
        _partitions = place.PartitionCount;
        Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, place.IsCompacted, place.Path, Entries(_partitions)));
    }

    // Who cannot see the files has nothing to look at: only a change of partitions is news.
    private void TellMoved(TopicPlace place)
    {
        bool isGrown = place.PartitionCount != _partitions;
        _partitions = place.PartitionCount;
        if (isGrown || Port.IsNear)
        {
            Port.SendFlush(KafkaFlushEx.WriteAdvanced(ExtensionWriter.Scratch, isGrown ? Entries(_partitions) : default));
        }
    }

    private async Task ConfirmAsync()
    {
        await Task.WhenAny(binding.Fetch.ConfirmEndsAsync(topic), Task.Delay(ConfirmMsMax));
        await Port.Engine.Scheduler;
        _isConfirmed = true;
        if (!_isOver)
        {
            Tell(_followers!.Feed, isNews: false);
        }
    }

    private static PartitionOffset[] Entries(int partitions) => [.. Enumerable.Range(0, partitions).Select(partition => new PartitionOffset(partition, -1))];
}
