using System.Buffers.Text;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.ProtocolWorkers.Encodings;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>Answers a request with the first record that matches (config-kafka §4.8).</summary>
/// <remarks>
/// value: 200 · empty value: 204 · null value: 404 · none: 404, or 304 after the point that <c>if-none-match</c> names.
/// </remarks>
internal sealed class FetchOneExchange : FetchExchange
{
    private readonly byte[]? _ifNoneMatch;
    private readonly int _waitSeconds;
    private bool _isFound;

    /// <param name="binding">Where the exchange belongs.</param>
    /// <param name="isHead">Only the headers are wanted.</param>
    /// <param name="ifNoneMatch">The client's text, when it names a point to resume at; it is echoed with 304.</param>
    /// <param name="waitSeconds">How long to wait for a record, 0 for not at all.</param>
    public FetchOneExchange(HttpKafkaBinding binding, bool isHead, byte[]? ifNoneMatch, int waitSeconds)
        : base(binding, isHead)
    {
        _ifNoneMatch = ifNoneMatch;
        _waitSeconds = waitSeconds;
    }

    protected override int PaddingBytes => 0;

    public override void OnBegin(in BeginFrame frame)
    {
        base.OnBegin(frame);
        if (_waitSeconds > 0)
        {
            Timer = Port.Engine.Schedule(_waitSeconds * 1000L, static exchange => ((FetchOneExchange)exchange!).OnNone(), this);
        }
    }

    protected override void OnKafkaData(in DataFrame frame)
    {
        if (!_isFound)
        {
            _isFound = true;
            Timer?.Dispose();
            OnRecord(frame);
            return;
        }

        PassOn(frame);
    }

    protected override void OnKafkaFlush(in KafkaFlushEx flush)
    {
        if (flush.Kind == KafkaFlushKind.CaughtUp && _waitSeconds == 0)
        {
            OnNone();
        }
    }

    protected override void OnKafkaEnd()
    {
        if (_isFound)
        {
            Fail(CloseReason.Failed, null); // In the middle of a value: PassOn leaves the stream at its last piece.
        }
        else
        {
            OnNone();
        }
    }

    private void OnRecord(in DataFrame frame)
    {
        if (!KafkaDataEx.TryRead(frame.Extension, out KafkaDataEx record))
        {
            CloseKafka();
            Fail(CloseReason.ProtocolViolation, null);
        }
        else if (frame.IsNull)
        {
            AnswerWithoutBody(HttpResponses.NotFound);
        }
        else if (IsHead || record.ValueBytes == 0)
        {
            AnswerWithoutBody(WriteFound(record));
        }
        else
        {
            Port.SendBegin(WriteFound(record));
            PassOn(frame);
        }
    }

    // Further matches do not count: with its last piece the kafka stream has done its part.
    private void PassOn(in DataFrame frame)
    {
        Body.Pass(frame);
        if ((frame.Flags & DataFlags.Fin) != 0)
        {
            CloseKafka();
            Body.Complete(default);
        }
    }

    private void OnNone()
    {
        if (!_isFound)
        {
            AnswerWithoutBody(_ifNoneMatch is null ? HttpResponses.NotFound : WriteNotModified(_ifNoneMatch));
        }
    }

    private static ReadOnlySpan<byte> WriteNotModified(ReadOnlySpan<byte> etag)
    {
        ExtensionWriter writer = HttpEx.Write(ExtensionWriter.Scratch);
        writer.AddHeader(":status"u8, "304"u8);
        writer.AddHeader("etag"u8, etag);
        writer.CloseHeaders();
        return writer.Written;
    }

    //  :status 200  content-length 14  content-type application/json  etag AQIADg==   (204: no content-length)
    private static ReadOnlySpan<byte> WriteFound(in KafkaDataEx record)
    {
        ExtensionWriter writer = HttpEx.Write(ExtensionWriter.Scratch);
        writer.AddHeader(":status"u8, record.ValueBytes == 0 ? "204"u8 : "200"u8);
        if (record.ValueBytes > 0)
        {
            Span<byte> digits = stackalloc byte[11];
            Utf8Formatter.TryFormat(record.ValueBytes, digits, out int length);
            writer.AddHeader("content-length"u8, digits[..length]);
        }

        if (record.Headers.TryGet("content-type"u8, out ReadOnlySpan<byte> contentType))
        {
            writer.AddHeader("content-type"u8, contentType);
        }

        record.Headers.TryGet("etag"u8, out ReadOnlySpan<byte> recordTag);
        Progress.AddEtag(ref writer, record.Progress, recordTag);
        writer.CloseHeaders();
        return writer.Written;
    }
}
