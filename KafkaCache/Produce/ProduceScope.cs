using Sluice.Frames;
using Sluice.KafkaCache.Fetch;

namespace Sluice.KafkaCache.Produce;

/// <summary>What the produce streams of one client on one engine share.</summary>
internal sealed record ProduceScope(
    string Client, FrameEngine Engine, ProducerSet Producers, ProduceBudget Budget, DeliveryInbox Inbox, TopicLimits Limits,
    ProduceSettings Settings, ILogger Logger);
