using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Sluice.Edge.Kestrel;
using Sluice.Frames;

namespace Sluice.Edge.Http;

/// <summary>One request and its response: Kestrel's side of it, joined to a stream to the route's exit (config-core §3.3).</summary>
/// <remarks>
/// It runs on the connection's engine. The conversation reads from top to bottom in <see cref="ProcessAsync"/>; the other files of the
/// class are the request body's way to the app and the response's way back. The object serves one request after another.
/// </remarks>
internal sealed partial class HttpExchange(HttpConnection connection)
{
    private enum Outcome
    {
        /// <summary>Under way.</summary>
        None,

        /// <summary>The app ended its response.</summary>
        Completed,

        /// <summary>There will be no response of the app's; the status is set.</summary>
        Refused,

        /// <summary>The app gave up a response that had begun: it must not look complete.</summary>
        Broken,

        /// <summary>Nobody waits for the response.</summary>
        Gone,

        /// <summary>The request's body broke the protocol; Kestrel answers.</summary>
        Invalid,
    }

    private static readonly StringValues CloseToken = "close";
    private static readonly StringValues RetryNow = "0";
    private static readonly StringValues RetrySoon = "1"; // Memory comes back as others finish.

    private readonly HttpServerBinding _binding = connection.Binding;
    private readonly EngineSignal _done = new();
    private readonly EngineSignal _credit = new();
    private IFeatureCollection _features = null!;
    private IHttpRequestFeature _request = null!;
    private IHttpResponseFeature _response = null!;
    private HttpExchangeStream? _stream;
    private ExceptionDispatchInfo? _failure;
    private Outcome _outcome;
    private int _generation;
    private string? _lastHost;
    private string _lastAuthority = "";

    /// <summary>Takes the next request.</summary>
    public HttpExchange Reset(IFeatureCollection features)
    {
        _generation++;
        if (!ReferenceEquals(_features, features))
        {
            // Kestrel's own object is all of these, for each request of its connection (HTTP/2: stream) alike.
            _features = features;
            _request = features.GetRequiredFeature<IHttpRequestFeature>();
            _response = features.GetRequiredFeature<IHttpResponseFeature>();
            _body = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        }

        _outcome = Outcome.None;
        _failure = null;
        _done.Clear();
        _credit.Clear();
        ResetResponse();
        return this;
    }

    /// <summary>Serves the request; Kestrel completes the response when it returns.</summary>
    public async Task ProcessAsync()
    {
        await _binding.Scheduler.SwitchToEngine();
        if (!TryOpen())
        {
            return; // Answered here.
        }

        connection.Add(this);
        CancellationTokenRegistration abort = RegisterAbort();
        try
        {
            SendRequestBody();
            await _done.WaitAsync().ConfigureAwait(false);
            if (_bodyPort is { } port)
            {
                _bodyPort = null;
                _sending = SendRequestBodyAsync(port); // Answered before it asked for the body.
            }

            if (_sending is { IsCompletedSuccessfully: false } sending)
            {
                await FinishRequestBodyAsync(sending).ConfigureAwait(false);
                await _binding.Scheduler.SwitchToEngine();
            }
        }
        finally
        {
            await abort.DisposeAsync().ConfigureAwait(false); // One that runs now must not take the next request for this one.
            await _binding.Scheduler.SwitchToEngine();
            connection.Remove(this);
            ReturnKept();
            _stream?.Detach();
            _stream = null;
        }

        if (_outcome == Outcome.Broken)
        {
            _features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
        }

        _failure?.Throw();
    }

    /// <summary>The client's connection or stream is gone.</summary>
    public void OnClientGone() => Conclude(Outcome.Gone, CloseReason.Cancelled);

    /// <summary>Both directions of the stream are over.</summary>
    public void OnStreamClosed() => _stream = null;

    /// <summary>RESET of the request, or ABORT of the response.</summary>
    public void OnRefused(in CloseFrame frame)
    {
        if (_outcome == Outcome.None && !_isBegun)
        {
            Refuse(frame);
        }

        Conclude(_isBegun ? Outcome.Broken : Outcome.Refused, frame.Reason);
    }

    // Order of work: method, host, origin, route, stream (config-core §3.3).
    private bool TryOpen()
    {
        if (!_binding.Engine.Memory.TryAdmitWork())
        {
            _response.Headers.RetryAfter = RetrySoon;
            return Answer(StatusCodes.Status503ServiceUnavailable); // The connection's memory comes back too.
        }

        int status = HttpMethods.Check(_request.Method);
        if (status != StatusCodes.Status200OK)
        {
            return Answer(status);
        }

        string? host = _request.Headers.Host;
        if (host is null)
        {
            return Answer(StatusCodes.Status400BadRequest);
        }

        if (host != _lastHost)
        {
            _lastHost = host;
            _lastAuthority = HttpAuthority.WithPort(host, _request.Scheme);
        }

        var head = new HttpRequestHead(_request.Scheme, _request.Method, HttpTarget.PathOf(_request.RawTarget), _lastAuthority, _request.Headers);
        StringValues origin = head.Headers.Origin;
        if (origin.Count > 0 && !HttpAuthority.IsSameOrigin(HttpRequestHead.Join("origin", origin), head.Scheme, head.Authority))
        {
            return Answer(StatusCodes.Status403Forbidden);
        }

        if (!_binding.Options.Routes.TryFind(head, out HttpRouteMatch match))
        {
            _response.StatusCode = StatusCodes.Status404NotFound; // The connection stays, like after a refusal by the app.
            return false;
        }

        if (!HttpRequestWriter.TryWrite(head, _binding.Options.Overrides, match, _binding.Text, out ReadOnlySpan<byte> extension))
        {
            return Answer(StatusCodes.Status431RequestHeaderFieldsTooLarge);
        }

        Open(match.Route.ExitId, extension);
        return true;
    }

    private void Open(long exitId, ReadOnlySpan<byte> extension)
    {
        HttpExchangeStream stream = _binding.RentStream();
        stream.Attach(this);
        _stream = stream;
        StreamPort port = _binding.Engine.Open(stream, _binding.Options.Id, exitId, extension, traceId: _binding.NextTrace());
        port.SendWindow(HttpLimits.ResponseWindowBytes); // At once: an answer need not wait for a round trip.
    }

    // Errors made here close an HTTP/1.1 connection, as the reference does; HTTP/2 ends the stream only.
    private bool Answer(int status)
    {
        _response.StatusCode = status;
        if (!IsHttp2)
        {
            _response.Headers.Connection = CloseToken;
        }

        return false;
    }

    private bool IsHttp2 => _request.Protocol is "HTTP/2";

    private void Conclude(Outcome outcome, CloseReason reason)
    {
        _stream?.Port.Close(reason);
        StopRequestBody();
        if (_outcome == Outcome.None)
        {
            _outcome = outcome;
            _done.Set(); // Last: what follows may already be the next request.
        }
    }

    // HTTP/1.1 hears of a lost client from its connection; an HTTP/2 stream may be reset alone.
    private CancellationTokenRegistration RegisterAbort() => IsHttp2
        ? _features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted
            .UnsafeRegister(static state => ((HttpExchange)state!).PostAborted(), this)
        : default;

    private void PostAborted()
    {
        int generation = _generation;
        _binding.Engine.Post(() =>
        {
            if (generation == _generation)
            {
                OnClientGone();
            }
        });
    }
}
