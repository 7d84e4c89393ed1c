using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Sluice.KafkaCache.Fetch;

/// <summary>Asks the broker about topics over the consumer's own connection, so that asking never creates one. Any thread.</summary>
internal sealed class ConfluentDescriber(Handle handle, string cache, ILogger logger) : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    private readonly AdminOnDemand _admin = new(handle);

    public Task<TopicDescription> DescribeAsync(string topic) => Task.Run(async () =>
    {
        IAdminClient admin = _admin.Borrow();
        try
        {
            Metadata metadata = admin.GetMetadata(topic, Timeout); // Blocks, hence the task.
            TopicMetadata? found = metadata.Topics.Find(entry => entry.Topic == topic);
            if (found is null || found.Error.IsError || found.Partitions.Count == 0)
            {
                return found?.Error.Code is ErrorCode.TopicAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed
                    ? new TopicDescription(TopicLookup.Denied, found.Error.Reason)
                    : new TopicDescription(TopicLookup.Missing, found is null || !found.Error.IsError ? "the broker does not know it" : found.Error.Reason);
            }

            return await AddSettingsAsync(admin, topic, new TopicDescription(TopicLookup.Found) { PartitionCount = found.Partitions.Count });
        }
        catch (KafkaException exception)
        {
            return new TopicDescription(TopicLookup.Unreachable, exception.Error.Reason);
        }
        finally
        {
            _admin.GiveBack();
        }
    });

    public void Dispose() => _admin.Dispose();

    private async Task<TopicDescription> AddSettingsAsync(IAdminClient admin, string topic, TopicDescription description)
    {
        try
        {
            List<DescribeConfigsResult> results = await admin.DescribeConfigsAsync(
                [new ConfigResource { Type = ResourceType.Topic, Name = topic }], new DescribeConfigsOptions { RequestTimeout = Timeout });
            Dictionary<string, ConfigEntryResult> settings = results[0].Entries;
            string[] policies = Text(settings, "cleanup.policy", "delete").Split(',', StringSplitOptions.TrimEntries);
            return description with
            {
                IsCompacted = policies.Contains("compact"),
                IsDeleted = policies.Contains("delete"),
                RetentionMs = Number(settings, "retention.ms", description.RetentionMs),
                SegmentMs = Number(settings, "segment.ms", description.SegmentMs),
                MaxMessageBytes = (int)Math.Clamp(Number(settings, "max.message.bytes", description.MaxMessageBytes), 0, int.MaxValue),
                DirtyRatioMin = double.TryParse(Text(settings, "min.cleanable.dirty.ratio", ""), CultureInfo.InvariantCulture, out double ratio)
                    ? ratio
                    : description.DirtyRatioMin,
            };
        }
        catch (DescribeConfigsException exception)
        {
            string reason = exception.Results.Count > 0 ? exception.Results[0].Error.Reason : exception.Error.Reason;
            FetchLog.SettingsUnknown(logger, cache, topic, reason);
            return description;
        }
    }

    private static string Text(Dictionary<string, ConfigEntryResult> settings, string name, string otherwise) =>
        settings.TryGetValue(name, out ConfigEntryResult? entry) && entry.Value is { Length: > 0 } value ? value : otherwise;

    private static long Number(Dictionary<string, ConfigEntryResult> settings, string name, long otherwise) =>
        long.TryParse(Text(settings, name, ""), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : otherwise;
}
