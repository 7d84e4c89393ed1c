using System.Text;
using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.Tests.Cache;

/// <summary>A mapping that reads: writes down what comes, one short text a frame or whole record.</summary>
/// <remarks>
/// <c>BEGIN 4,-1</c> (latest offsets), <c>0:3 key=value @4,0</c> (partition, offset, progress), <c>CAUGHT UP 5,0</c>, <c>END</c>,
/// <c>ABORT reason error</c>, <c>RESET reason error</c>.
/// </remarks>
internal sealed class FetchPeer : StreamHandler
{
    private readonly MemoryStream _value = new();
    private string _place = "";
    private string _progress = "";

    public int WindowBytes { get; init; } = 64 * 1024;

    public bool AcknowledgesAtOnce { get; init; } = true;

    public List<string> Heard { get; } = [];

    /// <summary>Records only, without their progress.</summary>
    public List<string> Records { get; } = [];

    public bool IsCompacted { get; private set; }

    public int Pieces { get; private set; }

    public int Pending { get; private set; }

    public bool IsEnded => Heard.Contains("END");

    public void AcknowledgeAll()
    {
        int pending = Pending;
        Pending = 0;
        Port.Acknowledge(pending);
    }

    public override void OnBegin(in BeginFrame frame)
    {
        Assert.True(KafkaReplyEx.TryRead(frame.Extension, out KafkaReplyEx reply));
        IsCompacted = reply.IsCompacted;
        Heard.Add($"BEGIN {Text(reply.Latest)}");
        if (WindowBytes > 0)
        {
            Port.SendWindow(WindowBytes);
        }
    }

    public override void OnData(in DataFrame frame)
    {
        Pieces++;
        if ((frame.Flags & DataFlags.Init) != 0)
        {
            Assert.True(KafkaDataEx.TryRead(frame.Extension, out KafkaDataEx record));
            Assert.Equal(1000 + record.Offset, record.TimestampMs);
            string headers = "";
            foreach (Header header in record.Headers)
            {
                headers += $" {Encoding.UTF8.GetString(header.Name)}:{Encoding.UTF8.GetString(header.Value)}";
            }

            _place = $"{record.Partition}:{record.Offset} {(record.IsKeyNull ? "null" : Encoding.UTF8.GetString(record.Key))}{headers}";
            _progress = Text(record.Progress);
            _value.SetLength(0);
            Assert.Equal(frame.IsNull ? 0 : record.ValueBytes, record.ValueBytes);
        }

        _value.Write(frame.Payload);
        if ((frame.Flags & DataFlags.Fin) != 0)
        {
            string text = $"{_place}={(frame.IsNull ? "null" : Encoding.UTF8.GetString(_value.ToArray()))}";
            Records.Add(text);
            Heard.Add($"{text} @{_progress}");
        }

        if (AcknowledgesAtOnce)
        {
            Port.Acknowledge(frame.Reserved);
        }
        else
        {
            Pending += frame.Reserved;
        }
    }

    public override void OnFlush(in FlushFrame frame)
    {
        Assert.True(KafkaFlushEx.TryRead(frame.Extension, out KafkaFlushEx flush));
        Heard.Add($"CAUGHT UP {Text(flush.Progress)}");
    }

    public override void OnEnd(in EndFrame frame) => Heard.Add("END");

    public override void OnAbort(in CloseFrame frame)
    {
        Heard.Add($"ABORT {frame.Reason} {KafkaCloseEx.ReadError(frame.Extension)}".Trim());
        base.OnAbort(frame);
    }

    public override void OnReset(in CloseFrame frame)
    {
        Heard.Add($"RESET {frame.Reason} {KafkaCloseEx.ReadError(frame.Extension)}".Trim());
        base.OnReset(frame);
    }

    private static string Text(PartitionOffsets offsets) => string.Join(',', offsets.ToArray().Select(entry => entry.Offset));
}
