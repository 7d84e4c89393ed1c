using System.Globalization;
using System.Text;

namespace Sluice.Frames.Tracing;

/// <summary>A frame as a line of text.</summary>
/// <remarks>
/// <code>
/// 09:14:02.101203004 edge-0.0 > protocol-workers-0.1 3i BEGIN quickstart:edge_http > quickstart:items_api extension=212
/// 09:14:02.101399120 protocol-workers-0.1 > edge-0.0 3i WINDOW … acknowledge=0 maximum=65536 padding=0
/// 09:14:02.101402077 protocol-workers-0.1 > edge-0.0 link SOURCE 1 /tmp/cache/…/p0-3.log
/// 09:14:02.102000311 protocol-workers-0.1 > edge-0.0 3r DATA … whole payload=16384 reserved=16384 sequence=0 extension=0 source=1 position=81920
/// </code>
/// The stream is its number on the link with i for the initial direction and r for the reply.
/// </remarks>
public static class FrameText
{
    private const int ContentBytesMax = 256; // of a payload in text; a capture file has all of it

    /// <summary>Describes a frame.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="time">When it was sent.</param>
    /// <param name="nameOf">The name of a binding.</param>
    /// <param name="showsContent">Adds the beginning of the payload, with a dot for each byte that is no printable ASCII.</param>
    public static string Describe(TracedFrame frame, DateTimeOffset time, Func<long, string> nameOf, bool showsContent)
    {
        FrameHeader header = frame.Header;
        var line = new StringBuilder();
        if (frame.LostBytes > 0)
        {
            line.Append(CultureInfo.InvariantCulture, $"lost {frame.LostBytes} bytes of {frame.Way.From}.{frame.Way.FromEngine} > {frame.Way.To}.{frame.Way.ToEngine}\n");
        }

        line.Append(time.ToString("HH:mm:ss.fffffff", CultureInfo.InvariantCulture));
        line.Append(CultureInfo.InvariantCulture, $" {frame.Way.From}.{frame.Way.FromEngine} > {frame.Way.To}.{frame.Way.ToEngine}");
        bool isOfLink = header.IsOfLink || header.StreamId == 0;
        string stream = isOfLink ? "link" : string.Create(CultureInfo.InvariantCulture, $"{(header.StreamId & 0x7FFFFFFF) >> 1}{(header.IsInitial ? 'i' : 'r')}");
        line.Append(CultureInfo.InvariantCulture, $" {stream} {header.Type.ToString().ToUpperInvariant()}");
        if (!isOfLink)
        {
            line.Append(CultureInfo.InvariantCulture, $" {nameOf(header.OriginId)} > {nameOf(header.RoutedId)}");
        }

        AppendBudget(line, header);
        AppendBody(line, header, frame.Record);
        if (header.TraceId != 0)
        {
            line.Append(CultureInfo.InvariantCulture, $" trace={header.TraceId:x16}");
        }

        if (showsContent && header.Type == FrameType.Data && !new DataFrame(header).IsReference)
        {
            ReadOnlySpan<byte> payload = new DataFrame(header).Payload;
            line.Append(" '");
            foreach (byte value in payload[..Math.Min(payload.Length, ContentBytesMax)])
            {
                line.Append(value is >= 0x20 and < 0x7f ? (char)value : '.');
            }

            line.Append(payload.Length > ContentBytesMax ? "'…" : "'");
        }

        return line.ToString();
    }

    private static void AppendBudget(StringBuilder line, in FrameHeader header)
    {
        if (header.Type is FrameType.Data or FrameType.End or FrameType.Flush or FrameType.Window && header.Int64(FrameLayout.BudgetId) is not 0 and long budgetId)
        {
            line.Append(CultureInfo.InvariantCulture, $" budget={budgetId:x16}");
        }
    }

    private static void AppendBody(StringBuilder line, in FrameHeader header, byte[] record)
    {
        switch (header.Type)
        {
            case FrameType.Begin:
                line.Append(CultureInfo.InvariantCulture, $" extension={record.Length - FrameLayout.BeginExtension}");
                break;
            case FrameType.Data:
                string flags = (DataFlags)header.Int32(FrameLayout.Detail) switch { DataFlags.Whole => "whole", DataFlags.None => "middle", var other => other.ToString().ToLowerInvariant() };
                int payload = header.Int32(FrameLayout.DataPayloadBytes);
                line.Append(CultureInfo.InvariantCulture, $" {flags} payload={(payload < 0 ? "null" : payload)} reserved={header.Int32(FrameLayout.Reserved)} sequence={header.Sequence} extension={header.Int32(FrameLayout.DataExtensionBytes)}");
                if (new DataFrame(header) is { IsReference: true } reference)
                {
                    line.Append(CultureInfo.InvariantCulture, $" source={header.Int32(FrameLayout.DataSource)} position={reference.Position}");
                }

                break;
            case FrameType.Flush when header.StreamId == 0:
                line.Append(CultureInfo.InvariantCulture, $" lent={header.Int32(FrameLayout.Reserved)}");
                break;
            case FrameType.End when header.StreamId == 0:
                break;
            case FrameType.Window when header.StreamId == 0:
                line.Append(CultureInfo.InvariantCulture, $" back={header.Acknowledge} needed={header.Int32(FrameLayout.WindowMinimum)} wanted={header.Maximum}");
                break;
            case FrameType.End or FrameType.Flush:
                line.Append(CultureInfo.InvariantCulture, $" extension={record.Length - FrameLayout.EndExtension}");
                break;
            case FrameType.Window:
                line.Append(CultureInfo.InvariantCulture, $" acknowledge={header.Acknowledge} maximum={header.Maximum} padding={header.Int32(FrameLayout.WindowPadding)}");
                break;
            case FrameType.Source:
                line.Append(CultureInfo.InvariantCulture, $" {header.Int32(FrameLayout.Detail)} {Encoding.UTF8.GetString(header.From(FrameLayout.SourcePath))}");
                break;
            case FrameType.SourceMapped:
                line.Append(CultureInfo.InvariantCulture, $" {header.Int32(FrameLayout.Detail)} {(header.Int64(FrameLayout.SourceIsMapped) != 0 ? "yes" : "no")}");
                break;
            case FrameType.SourceGone:
                line.Append(CultureInfo.InvariantCulture, $" {header.Int32(FrameLayout.Detail)}");
                break;
            case FrameType.Abort or FrameType.Reset:
                line.Append(CultureInfo.InvariantCulture, $" {(CloseReason)header.Int32(FrameLayout.Detail)} extension={record.Length - FrameLayout.Header}");
                break;
        }
    }
}
