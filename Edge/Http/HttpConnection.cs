using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Sluice.Edge.Kestrel;
using Sluice.Frames;

namespace Sluice.Edge.Http;

/// <summary>A byte stream that reached an http server, as Kestrel sees it.</summary>
internal sealed class HttpConnection : EngineConnection
{
    private readonly HttpConnectionStream _stream;
    private readonly List<HttpExchange> _exchanges = new(1);

    public HttpConnection(HttpConnectionStream stream, HttpServerBinding binding, EndPoint? local, EndPoint? remote) : base(binding.Pipes, local, remote)
    {
        _stream = stream;
        Binding = binding;
        Features.Set(this);
    }

    /// <summary>The binding on this connection's engine.</summary>
    public HttpServerBinding Binding { get; }

    /// <summary>A request began on this connection. Engine thread.</summary>
    public void Add(HttpExchange exchange) => _exchanges.Add(exchange);

    /// <summary>A request is over. Engine thread.</summary>
    public void Remove(HttpExchange exchange) => _exchanges.Remove(exchange);

    /// <summary>The client is gone: requests under way end, Kestrel hears of it. Engine thread.</summary>
    public void OnClientGone()
    {
        for (int i = _exchanges.Count - 1; i >= 0; i--)
        {
            _exchanges[i].OnClientGone();
        }

        TellClosed();
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _stream.IsAborted = true; // Before Kestrel completes the pipe: what was sent must not look complete.
        Binding.Engine.Post(static state => ((HttpConnectionStream)state!).Abort(), _stream);
    }

    public override async ValueTask DisposeAsync()
    {
        CompletePipes();
        await _stream.FinishAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    public override int TrySend(ReadOnlySpan<byte> bytes) => _stream.TrySend(bytes);

    public override void OnQueued()
    {
        // The stream's next WINDOW pushes.
    }

    public override void OnSent() => _stream.OnSent();

    public override void OnConsumed() => _stream.OnConsumed();

    protected override string NameConnection() =>
        string.Create(CultureInfo.InvariantCulture, $"{_stream.Port.Engine.Index}.{_stream.Port.ConversationId}");
}
