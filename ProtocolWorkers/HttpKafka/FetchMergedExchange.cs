using System.Buffers;
using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>Answers a request with all records that match, as one JSON array (config-kafka §4.9).</summary>
/// <remarks>
/// Values pass as they are, null and empty ones are left out. The etag names the latest offsets at open, so it is known before the
/// first byte; the same etag in <c>if-none-match</c> gives 304.
/// </remarks>
/// <param name="binding">Where the exchange belongs.</param>
/// <param name="isHead">Only the headers are wanted.</param>
/// <param name="ifNoneMatch">The client's etag, unwrapped; empty when there is none.</param>
internal sealed class FetchMergedExchange(HttpKafkaBinding binding, bool isHead, byte[] ifNoneMatch) : FetchExchange(binding, isHead)
{
    private bool _isBegun;
    private bool _hasElements;
    private bool _isSkipping;

    protected override int PaddingBytes => ResponseBody.ListPaddingBytes;

    protected override void OnKafkaBegin(in BeginFrame frame)
    {
        if (!KafkaReplyEx.TryRead(frame.Extension, out KafkaReplyEx reply))
        {
            CloseKafka();
            Fail(CloseReason.ProtocolViolation, null);
            return;
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent(Progress.TextBytes(reply.Latest.Count));
        Progress.TryWrite(reply.Latest, default, rented, out int length);
        OnEtag(rented.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(rented);
    }

    protected override void OnKafkaData(in DataFrame frame)
    {
        byte prefix = 0;
        if ((frame.Flags & DataFlags.Init) != 0)
        {
            _isSkipping = frame.IsNull || (frame.Payload.IsEmpty && (frame.Flags & DataFlags.Fin) != 0);
            if (!_isSkipping)
            {
                prefix = _hasElements ? (byte)',' : (byte)'[';
                _hasElements = true;
            }
        }

        if (_isSkipping)
        {
            Kafka.Acknowledge(frame.Reserved);
        }
        else
        {
            Body.Gather(prefix, frame);
        }
    }

    protected override void OnKafkaEnd()
    {
        if (!_isBegun)
        {
            Fail(CloseReason.ProtocolViolation, null);
            return;
        }

        LeaveKafka();
        Body.Complete(_hasElements ? "]"u8 : "[]"u8);
    }

    private void OnEtag(ReadOnlySpan<byte> etag)
    {
        bool isSame = !etag.IsEmpty && etag.SequenceEqual(ifNoneMatch);
        ExtensionWriter writer = HttpEx.Write(ExtensionWriter.Scratch);
        writer.AddHeader(":status"u8, isSame ? "304"u8 : "200"u8);
        writer.AddHeader("content-type"u8, "application/json"u8);
        writer.AddHeader("etag"u8, etag);
        writer.CloseHeaders();
        _isBegun = true;
        if (isSame || IsHead)
        {
            AnswerWithoutBody(writer.Written);
        }
        else
        {
            Port.SendBegin(writer.Written);
        }
    }
}
