using System.Text;
using Sluice.Configuration.Expressions;
using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>One entry of <c>filters</c>: key and headers must all match.</summary>
internal sealed record FetchFilter(ExpressionTemplate? Key, IReadOnlyList<HeaderTemplate> Headers);

/// <summary><c>capability: fetch</c>: records become the response, one of them (config-kafka §4.8) or all as a list (§4.9).</summary>
internal sealed class FetchWith : IRouteWith
{
    public required TopicTemplate Topic { get; init; }

    /// <summary>Any of them suffices; none takes every record.</summary>
    public required IReadOnlyList<FetchFilter> Filters { get; init; }

    /// <summary>True for one JSON array of all matches.</summary>
    public required bool IsMerged { get; init; }

    public StreamHandler Accept(HttpKafkaBinding binding, HttpKafkaRoute route, ref HttpRequest request, in BeginFrame begin)
    {
        RequestScratch scratch = binding.Scratch;
        var filters = new KafkaFilterWriter(scratch.Filters);
        WriteFilters(ref filters, ref request);
        if (filters.IsOverrun)
        {
            return new ConstantExchange(HttpResponses.NotFound); // No record can have a key that large.
        }

        ReadOnlySpan<byte> encodedFilters = Filters.Count == 0 ? default : filters.Written;
        request.Headers.TryGet("if-none-match"u8, out ReadOnlySpan<byte> ifNoneMatch);
        ReadOnlySpan<byte> topic = Topic.For(ref request);
        bool isHead = request.Method.SequenceEqual("HEAD"u8);
        if (IsMerged)
        {
            var merged = new FetchMergedExchange(binding, isHead, EntityTag.Unwrap(ifNoneMatch).ToArray());
            ReadOnlySpan<byte> all = KafkaBeginEx.WriteMergedFetch(ExtensionWriter.Scratch, topic, isBounded: true, default, encodedFilters);
            merged.OpenKafka(route.ExitId, all, begin);
            return merged;
        }

        int waitSeconds = Preference.ReadWaitSeconds(request.Headers);
        bool isResumed = EntityTag.TryReadProgress(ifNoneMatch, scratch.Starts.AsSpan(1), out int startCount);
        if (isResumed)
        {
            // Partitions added since are covered by an entry for all others (§3.1).
            scratch.Starts[0] = new PartitionOffset(-1, waitSeconds > 0 ? KafkaOffsets.Live : KafkaOffsets.Historical);
            startCount++;
        }

        var one = new FetchOneExchange(binding, isHead, isResumed ? ifNoneMatch.ToArray() : null, waitSeconds);
        ReadOnlySpan<byte> first = KafkaBeginEx.WriteMergedFetch(
            ExtensionWriter.Scratch, topic, isBounded: waitSeconds == 0, scratch.Starts.AsSpan(isResumed ? 0 : 1, startCount), encodedFilters);
        one.OpenKafka(route.ExitId, first, begin);
        return one;
    }

    private void WriteFilters(ref KafkaFilterWriter writer, ref HttpRequest request)
    {
        foreach (FetchFilter filter in Filters)
        {
            writer.OpenFilter();
            if (filter.Key is not null)
            {
                writer.AddKey(request.Text(filter.Key));
            }

            foreach (HeaderTemplate header in filter.Headers)
            {
                writer.AddHeader(header.Name, request.Text(header.Value));
            }
        }
    }
}
