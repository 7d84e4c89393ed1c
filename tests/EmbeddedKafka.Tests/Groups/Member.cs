using System.Collections.Concurrent;
using Confluent.Kafka;
using static Sluice.EmbeddedKafka.Tests.TestBroker;

namespace Sluice.EmbeddedKafka.Tests.Groups;

/// <summary>A consumer on its own thread that keeps what it read and what it is assigned.</summary>
internal sealed class Member : IDisposable
{
    private const ErrorCode StaleMemberEpoch = (ErrorCode)113; // The client library has no name for it.

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _task;
    private readonly IConsumer<byte[], byte[]> _consumer;

    public Member(TestBroker broker, string topic, Action<ConsumerConfig>? change = null, string group = "group")
    {
        _consumer = broker.Consumer(group, change);
        _consumer.Subscribe(topic);
        _task = Task.Factory.StartNew(Run, TaskCreationOptions.LongRunning);
    }

    public ConcurrentQueue<string> Read { get; } = new();

    public volatile int Assigned;

    /// <summary>Makes a consumer speak one of the two group protocols; the next-generation one takes its times from the broker.</summary>
    public static void Speak(ConsumerConfig config, GroupProtocol protocol)
    {
        config.GroupProtocol = protocol;
        if (protocol == GroupProtocol.Consumer)
        {
            (config.SessionTimeoutMs, config.HeartbeatIntervalMs, config.PartitionAssignmentStrategy) = (null, null, null);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _task.Wait();
        _consumer.Close();
        _consumer.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.IsCancellationRequested)
        {
            if (_consumer.Consume(TimeSpan.FromMilliseconds(50)) is { } result)
            {
                Read.Enqueue(Text(result.Message.Value)!);
                Commit(result);
            }

            Assigned = _consumer.Assignment.Count;
        }
    }

    private void Commit(ConsumeResult<byte[], byte[]> result)
    {
        try
        {
            _consumer.Commit(result);
        }
        catch (KafkaException late) when (late.Error.Code is ErrorCode.IllegalGeneration or ErrorCode.RebalanceInProgress or StaleMemberEpoch or ErrorCode.UnknownMemberId)
        {
            // A cooperative member reads on while the others rejoin, or its epoch rose under the commit; the partition's next owner reads
            // this record again.
        }
    }
}
