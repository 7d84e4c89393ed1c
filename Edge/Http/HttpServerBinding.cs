using System.Net;
using System.Text;
using Sluice.Edge.Kestrel;
using Sluice.Frames;
using Sluice.Frames.Extensions;

namespace Sluice.Edge.Http;

/// <summary>The http server on one engine: takes byte streams, and opens a stream for each request to the route's exit (config-core §3.3).</summary>
internal sealed class HttpServerBinding : IBinding
{
    private const int PooledMax = 1024; // As many requests at once on one engine cost no new objects.

    private readonly HttpServer _server;
    private readonly Stack<HttpExchangeStream> _streams = new();
    private long _lastTrace;

    public HttpServerBinding(HttpServer server, HttpServerOptions options, FrameEngine engine)
    {
        _server = server;
        Options = options;
        Engine = engine;
        Pipes = new EnginePipes(engine);
    }

    /// <summary>What the configuration says.</summary>
    public HttpServerOptions Options { get; }

    /// <summary>The engine it runs on.</summary>
    public FrameEngine Engine { get; }

    /// <summary>Brings work back to the engine.</summary>
    public EnginePipeScheduler Scheduler => Pipes.Scheduler;

    /// <summary>What its connections share.</summary>
    public EnginePipes Pipes { get; }

    /// <summary>Turns headers into text and back.</summary>
    public HeaderText Text { get; } = new();

    /// <summary>Client connections now.</summary>
    public int Connections { get; set; }

    public bool IsHelper => true; // A connection can carry a 503; its requests are the work.

    public StreamHandler? Accept(in BeginFrame begin)
    {
        if (!ProxyBeginEx.TryRead(begin.Extension, out ProxyBeginEx addresses))
        {
            return null; // Not a byte stream.
        }

        var stream = new HttpConnectionStream(this);
        stream.Attach(new HttpConnection(
            stream,
            this,
            EndPointOf(addresses.DestinationHost, addresses.DestinationPort),
            EndPointOf(addresses.SourceHost, addresses.SourcePort)));
        Connections++;
        return stream;
    }

    /// <summary>Where a connection of this version is served; null when the options leave the version out.</summary>
    public HttpListener? FindListener(HttpOpening version) => Options.Speaks(version) ? _server.Find(version) : null;

    /// <summary>A stream object for one request.</summary>
    public HttpExchangeStream RentStream() => _streams.TryPop(out HttpExchangeStream? stream) ? stream : new HttpExchangeStream(this);

    /// <summary>Takes a stream object back once its stream is over.</summary>
    public void ReturnStream(HttpExchangeStream stream)
    {
        if (_streams.Count < PooledMax)
        {
            _streams.Push(stream);
        }
    }

    /// <summary>Joins the frames of one request. The engine's number in the top byte keeps two engines apart.</summary>
    public long NextTrace() => ((long)(Engine.Index + 1) << 56) | ++_lastTrace;

    private static IPEndPoint? EndPointOf(ReadOnlySpan<byte> host, int port)
    {
        Span<char> text = stackalloc char[64];
        return host.Length <= text.Length && IPAddress.TryParse(text[..Encoding.UTF8.GetChars(host, text)], out IPAddress? address)
            ? new IPEndPoint(address, port)
            : null;
    }
}
