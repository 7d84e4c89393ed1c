using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.KafkaCache.Segments;

namespace Sluice.ProtocolWorkers.Cache;

/// <summary>Takes records for a topic and sends each to its partition (config-kafka §2.8).</summary>
/// <remarks>
/// <code>
///   mapping       BEGIN  DATA(key k)                     END              ⇐ BEGIN ⇐ Acknowledged ⇐ END
///   cache_server         BEGIN(partition of k)  DATA     END              ⇐ WINDOW ⇐ Acknowledged ⇐ END
/// </code>
/// The partition is known with a record's first piece, so that piece waits here for the lane's first window; never more than was
/// granted. Acknowledgements go back in the order of the records, whatever the order of the partitions.
/// </remarks>
internal sealed class MergedProduce : StreamHandler, ITopicUser
{
    /// <summary>Two slots, so that one is under way while the next arrives.</summary>
    private const int WindowBytes = 2 * FrameLayout.PayloadBytesMax;

    private readonly TopicView _topic;
    private readonly KafkaAcks _acks;
    private ProduceLane? _lane;
    private Dictionary<int, ProduceLane>? _lanes; // Only once a second partition is written to.
    private Queue<ProduceLane>? _order;           // Alike: the lane of each record that is not acknowledged, in order.
    private ProduceLane? _current;
    private int _outstanding;
    private int _nextPartition;
    private bool _isOpen;
    private bool _isEnded;
    private bool _isOver;

    public MergedProduce(TopicView topic, KafkaAcks acks)
    {
        _topic = topic;
        _acks = acks;
        topic.Join(this);
    }

    public int Slot { get; set; }

    public override void OnBegin(in BeginFrame frame) => OpenIfKnown();

    public void OnTopicMoved() => OpenIfKnown();

    public void OnTopicLost()
    {
        if (!_isOpen)
        {
            Port.Close(_topic.LostReason ?? CloseReason.PeerLost);
        }
    }

    public override void OnData(in DataFrame frame)
    {
        if ((frame.Flags & DataFlags.Init) != 0)
        {
            if (!_isOpen || !KafkaDataEx.TryRead(frame.Extension, out KafkaDataEx record))
            {
                Fail(CloseReason.ProtocolViolation, default);
                return;
            }

            _current = FindLane(ChoosePartition(record));
            NoteRecord(_current);
        }

        _current?.Send(frame);
    }

    public override void OnEnd(in EndFrame frame)
    {
        _isEnded = true;
        ForEachLane(static (lane, _) => lane.Finish(), CloseReason.None);
        EndIfDone();
    }

    // A record whose last piece never came vanishes with its lane.
    public override void OnAbort(in CloseFrame frame) => Fail(frame.Reason, default);

    // Nobody waits for the acknowledgement any more; what is complete is written all the same.
    public override void OnReset(in CloseFrame frame)
    {
    }

    public override void OnClosed()
    {
        _isOver = true;
        _topic.Leave(this);
    }

    /// <summary>Bytes have left: their sender may send as many more.</summary>
    public void OnSent(int reservedBytes)
    {
        if (reservedBytes > 0 && !_isOver)
        {
            Port.Acknowledge(reservedBytes);
        }
    }

    public void OnAcknowledged(ProduceLane lane, RecordPlace place)
    {
        lane.Outstanding--;
        if (_isOver)
        {
            return;
        }

        if (_order is null)
        {
            Acknowledge(place);
        }
        else
        {
            (lane.Early ??= new Queue<RecordPlace>()).Enqueue(place);
            while (_order.TryPeek(out ProduceLane? first) && first.Early is { Count: > 0 } early)
            {
                _order.Dequeue();
                Acknowledge(early.Dequeue());
            }
        }

        EndIfDone();
    }

    public void OnLaneFailed(ProduceLane lane, CloseReason reason, ReadOnlySpan<byte> extension)
    {
        if (KafkaCloseEx.ReadError(extension) is int error)
        {
            CacheLog.ProduceRefused(_topic.Logger, _topic.Name, lane.Partition, error);
        }

        if (!_isOver)
        {
            Fail(reason, extension);
        }
    }

    private void OpenIfKnown()
    {
        if (_isOpen)
        {
            return;
        }

        if (_topic is { IsConnected: true, PartitionCount: > 0 })
        {
            _isOpen = true;
            Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, _topic.IsCompacted, default, default));
            Port.SendWindow(WindowBytes);
        }
        else if (_topic.LostReason is CloseReason reason)
        {
            Port.Close(reason);
        }
    }

    // As asked; else by the key's hash; without a key in turn, each stream from the start (rule 1).
    private int ChoosePartition(in KafkaDataEx record)
    {
        int count = Math.Max(1, _topic.PartitionCount);
        if (record.Partition >= 0)
        {
            return record.Partition;
        }

        return record.IsKeyNull ? _nextPartition++ % count : KafkaPartitioner.PartitionOf(record.Key, count);
    }

    private ProduceLane FindLane(int partition)
    {
        if (_lane is null)
        {
            return _lane = OpenLane(partition);
        }

        if (_lane.Partition == partition)
        {
            return _lane;
        }

        if (_lanes is null)
        {
            _lanes = new Dictionary<int, ProduceLane> { [_lane.Partition] = _lane };
            _order = new Queue<ProduceLane>(Enumerable.Repeat(_lane, _lane.Outstanding));
        }

        if (!_lanes.TryGetValue(partition, out ProduceLane? lane))
        {
            _lanes.Add(partition, lane = OpenLane(partition));
        }

        return lane;
    }

    private ProduceLane OpenLane(int partition)
    {
        var lane = new ProduceLane(this, partition);
        ReadOnlySpan<byte> extension = KafkaBeginEx.WriteProduce(ExtensionWriter.Scratch, _topic.NameBytes, partition, _acks);
        _topic.Engine.Open(lane, _topic.BindingId, _topic.ExitId, extension, Port.Authorization, Port.TraceId, Port.Affinity, _topic.Peer);
        return lane;
    }

    private void NoteRecord(ProduceLane lane)
    {
        lane.Outstanding++;
        _outstanding++;
        _order?.Enqueue(lane);
    }

    private void Acknowledge(RecordPlace place)
    {
        _outstanding--;
        Port.SendFlush(KafkaFlushEx.WriteAcknowledged(ExtensionWriter.Scratch, place.Partition, place.Offset, place.TimestampMs));
    }

    private void EndIfDone()
    {
        if (_isEnded && _outstanding == 0)
        {
            Port.SendEnd();
        }
    }

    private void Fail(CloseReason reason, ReadOnlySpan<byte> extension)
    {
        _isOver = true; // Lanes that close from here on have nothing to tell.
        ForEachLane(static (lane, why) => lane.Port.Close(why), reason);
        if (_isOpen || Port.IsInClosed)
        {
            Port.SendAbort(reason, extension);
        }

        Port.SendReset(reason, extension); // Before our BEGIN it speaks for both directions.
    }

    private void ForEachLane(Action<ProduceLane, CloseReason> action, CloseReason reason)
    {
        if (_lanes is not null)
        {
            foreach (ProduceLane lane in _lanes.Values)
            {
                action(lane, reason);
            }
        }
        else if (_lane is not null)
        {
            action(_lane, reason);
        }
    }
}
