using Sluice.Frames;

namespace Sluice.ProtocolWorkers.HttpKafka;

/// <summary>What both kinds of fetch have in common: the request's body is dropped, records become the response's.</summary>
internal abstract class FetchExchange(HttpKafkaBinding binding, bool isHead) : HttpKafkaExchange(binding)
{
    // A field, not a property: it is a struct that keeps state.
    private ResponseBody _body;

    /// <summary>True when only the headers are wanted.</summary>
    protected bool IsHead => isHead;

    protected ref ResponseBody Body => ref _body;

    /// <summary>Bytes that we add to each piece of content.</summary>
    protected abstract int PaddingBytes { get; }

    public override void OnBegin(in BeginFrame frame)
    {
        Port.SendWindow(ConstantExchange.DroppedBodyWindowBytes);
        _body = new ResponseBody(Port, Kafka);
        Kafka.SendWindow(ResponseBody.WindowBytes, PaddingBytes);
        Kafka.SendEnd(); // All was said when the stream was opened.
    }

    public override void OnWindow(in WindowFrame frame) => _body.Flush();

    public override void OnClosed()
    {
        base.OnClosed();
        _body.Release();
    }

    protected override byte[] RefusalOf(int? error) => HttpResponses.ServerError;

    /// <summary>Sends a response that has headers only.</summary>
    protected void AnswerWithoutBody(ReadOnlySpan<byte> response)
    {
        CloseKafka();
        Answer(response);
    }
}
