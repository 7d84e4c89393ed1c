using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Sluice.Frames;

namespace Sluice.Edge.Http;

/// <summary>A byte stream of the engine as Kestrel sees it: a connection with a pipe each way.</summary>
/// <remarks>
/// Kestrel's parser and the request code run on the engine's thread; Kestrel's timers and its HTTP/2 writer may call
/// <see cref="Abort(ConnectionAbortedException)"/> and <see cref="DisposeAsync"/> from others.
/// </remarks>
internal sealed class HttpConnection : ConnectionContext, IDuplexPipe
{
    private readonly HttpConnectionStream _stream;
    private readonly CancellationTokenSource _closed = new();
    private readonly Pipe _received;
    private readonly Pipe _sent;
    private readonly List<HttpExchange> _exchanges = new(1);
    private string? _connectionId;
    private IDictionary<object, object?>? _items;

    public HttpConnection(HttpConnectionStream stream, HttpServerBinding binding, EndPoint? local, EndPoint? remote)
    {
        _stream = stream;
        Binding = binding;
        _received = new Pipe(binding.PipeOptions);
        _sent = new Pipe(binding.PipeOptions);
        Transport = this;
        LocalEndPoint = local;
        RemoteEndPoint = remote;
        ConnectionClosed = _closed.Token;
        Features.Set(this);
    }

    /// <summary>The binding on this connection's engine.</summary>
    public HttpServerBinding Binding { get; }

    /// <summary>Where received bytes go.</summary>
    public PipeWriter Received => _received.Writer;

    /// <summary>Where bytes to send come from.</summary>
    public PipeReader Sent => _sent.Reader;

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override string ConnectionId
    {
        get => _connectionId ??= string.Create(
            CultureInfo.InvariantCulture, $"{_stream.Port.Engine.Index}.{_stream.Port.ConversationId}");
        set => _connectionId = value;
    }

    public override IDuplexPipe Transport { get; set; }

    PipeReader IDuplexPipe.Input => _received.Reader;

    PipeWriter IDuplexPipe.Output => _sent.Writer;

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

        EnginePipeScheduler.Run(static state => ((CancellationTokenSource)state!).Cancel(), _closed);
    }

    /// <summary>Gives back what was received before anyone served the connection.</summary>
    public void Discard()
    {
        _received.Writer.Complete();
        _received.Reader.Complete();
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        _stream.IsAborted = true; // Before Kestrel completes the pipe: what was sent must not look complete.
        Binding.Engine.Post(static state => ((HttpConnectionStream)state!).Abort(), _stream);
    }

    public override async ValueTask DisposeAsync()
    {
        _received.Reader.Complete();
        _sent.Writer.Complete();
        await _stream.FinishAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }
}
