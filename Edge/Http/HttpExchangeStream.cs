using Sluice.Frames;

namespace Sluice.Edge.Http;

/// <summary>The stream of one request towards its exit. It outlives its exchange until both directions are over, and is then used again.</summary>
internal sealed class HttpExchangeStream(HttpServerBinding binding) : StreamHandler
{
    private HttpExchange? _exchange;

    /// <summary>Sets who is told.</summary>
    public void Attach(HttpExchange exchange) => _exchange = exchange;

    /// <summary>The exchange is over: what still comes is nobody's any more.</summary>
    public void Detach()
    {
        _exchange = null;
        Port.Close(CloseReason.Cancelled);
    }

    public override void OnBegin(in BeginFrame frame) => _exchange?.OnBegin(frame);

    public override void OnData(in DataFrame frame) => _exchange?.OnData(frame);

    public override void OnFlush(in FlushFrame frame) => _exchange?.OnFlush();

    public override void OnEnd(in EndFrame frame) => _exchange?.OnEnd();

    public override void OnAbort(in CloseFrame frame) => _exchange?.OnRefused(frame);

    public override void OnReset(in CloseFrame frame) => _exchange?.OnRefused(frame);

    public override void OnWindow(in WindowFrame frame) => _exchange?.OnWindow();

    public override void OnClosed()
    {
        _exchange?.OnStreamClosed();
        _exchange = null;
        binding.ReturnStream(this);
    }
}
