using System.Buffers;
using System.Buffers.Text;
using Sluice.Configuration.Expressions;
using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary><c>capability: produce</c>: the request becomes a record (config-kafka §4.3).</summary>
internal sealed class ProduceWith : IRouteWith
{
    public required TopicTemplate Topic { get; init; }

    public required KafkaAcks Acks { get; init; }

    /// <summary>Null for records without a key.</summary>
    public required ExpressionTemplate? Key { get; init; }

    /// <summary>Record headers besides the content type.</summary>
    public required IReadOnlyList<HeaderTemplate> Overrides { get; init; }

    public StreamHandler Accept(HttpKafkaBinding binding, HttpKafkaRoute route, ref HttpRequest request, in BeginFrame begin)
    {
        int contentBytes = ReadContentLength(request);
        bool isTombstone = request.Method.SequenceEqual("DELETE"u8);
        ExtensionWriter record = KafkaDataEx.WriteProduce(ExtensionWriter.Scratch, valueBytes: isTombstone ? 0 : contentBytes);
        WriteKey(ref record, ref request);
        WriteHeaders(ref record, ref request);
        if (record.IsOverrun)
        {
            return new ConstantExchange(HttpResponses.TooLarge);
        }

        byte[] metadata = ArrayPool<byte>.Shared.Rent(record.Position);
        record.Written.CopyTo(metadata);
        var exchange = new ProduceExchange(binding, metadata, record.Position, isTombstone, contentBytes);
        exchange.OpenKafka(route.ExitId, KafkaBeginEx.WriteMergedProduce(ExtensionWriter.Scratch, Topic.For(ref request), Acks), begin);
        return exchange;
    }

    private void WriteKey(ref ExtensionWriter record, ref HttpRequest request)
    {
        if (Key is null)
        {
            record.WriteNull();
        }
        else
        {
            record.WriteString(request.Text(Key));
        }
    }

    // The content type is the only request header that travels on; an override of that name is a second one, not a replacement.
    private void WriteHeaders(ref ExtensionWriter record, ref HttpRequest request)
    {
        record.OpenHeaders();
        if (request.TryGetLast("content-type"u8, out ReadOnlySpan<byte> contentType))
        {
            record.AddHeader("content-type"u8, contentType);
        }

        foreach (HeaderTemplate header in Overrides)
        {
            record.AddHeader(header.Name, request.Text(header.Value));
        }

        record.CloseHeaders();
    }

    // -1 for a body whose end only END tells (chunked).
    private static int ReadContentLength(in HttpRequest request) =>
        request.TryGetLast("content-length"u8, out ReadOnlySpan<byte> text)
        && Utf8Parser.TryParse(text, out int bytes, out int used) && used == text.Length && bytes >= 0
            ? bytes
            : -1;
}
