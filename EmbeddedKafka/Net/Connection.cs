using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Net;

/// <summary>One client: reads a request, answers it, reads the next; answers come in the order of the requests.</summary>
/// <remarks>One task per connection. Frame: <c>size i32 | header | body</c>.</remarks>
internal sealed class Connection : IDisposable
{
    /// <summary>1 MiB for requests that carry no records; the largest real ones, assignments of big groups, stay far below.</summary>
    private const int PlainRequestBytesMax = 1024 * 1024;

    /// <summary>1 MiB goes to the socket at a time.</summary>
    private const int SendBytesMax = 1024 * 1024;

    /// <summary>A request waits at least 5 s before the requests that a closed peer sent behind it are given up.</summary>
    private const int GoneMs = 5000;

    private readonly Socket _socket;
    private readonly NetEvents _events;
    private readonly Broker _broker;
    private readonly CancellationTokenSource _closing = new();
    private readonly ReceiveBuffer _input;
    private readonly WireWriter _reply;
    private readonly Request _request;
    private readonly string _peerText;
    private long _activeAt = Environment.TickCount64;
    private volatile Doing _doing;

    public Connection(Socket socket, Broker broker, NetEvents events)
    {
        socket.NoDelay = true;
        (_socket, _broker, _events) = (socket, broker, events);
        _input = new ReceiveBuffer(socket, broker.Memory);
        _reply = new WireWriter(broker.Memory);
        _peerText = socket.RemoteEndPoint?.ToString() ?? "?";
        string host = "/" + ((socket.RemoteEndPoint as IPEndPoint)?.Address.ToString() ?? "");
        _request = new Request(broker, new Peer((IPEndPoint)socket.LocalEndPoint!, host, broker.Users, _closing.Token));
    }

    private enum Doing
    {
        Reading,
        Answering,
        Sending,
    }

    public async Task RunAsync()
    {
        BrokerMetrics.Connections.Add(1);
        try
        {
            if (_broker.Tls is { } tls)
            {
                _input.Source = await tls.SecureAsync(_input.Source, _closing.Token);
            }

            while (await ReadAsync() is { IsEmpty: false } frame)
            {
                if (!await AnswerAsync(frame))
                {
                    break;
                }

                _input.Consume(frame.Length);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // The peer went away, or the broker stops.
        }
        catch (AuthenticationException e)
        {
            _events.Malformed(_peerText, $"no TLS hand-shake this broker takes ({e.Message})");
        }
        catch (BudgetExceededException e)
        {
            _events.Malformed(_peerText, e.Message);
        }
        catch (Exception e)
        {
            _events.Failed(_peerText, $"{_request.Api?.Key} v{_request.Version}", e);
        }
        finally
        {
            BrokerMetrics.Connections.Add(-1);
            Dispose();
        }
    }

    public void Abort()
    {
        try
        {
            _closing.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // Ended by itself meanwhile.
        }

        _socket.Dispose();
    }

    /// <summary>Ends a connection that has been silent too long: between requests, half-way through one, or not taking its answer. One that waits
    /// for its answer is ended only when its peer has closed.</summary>
    public void AbortWhenSilent(int idleMs, int halfWayMs)
    {
        long silentMs = Environment.TickCount64 - Math.Max(Volatile.Read(ref _activeAt), _input.ActiveAt);
        if (_doing == Doing.Answering && IsGone(mayLeaveRequests: silentMs > GoneMs))
        {
            Abort(); // It waits for others or for records, and nobody waits for its answer any more.
            return;
        }

        bool halfWay = _doing == Doing.Sending || (_doing == Doing.Reading && _input.HasHalf);
        if (_doing != Doing.Answering && silentMs > (halfWay ? halfWayMs : idleMs))
        {
            Abort();
        }
    }

    // Readable, yet nothing to read: the peer has closed its side. What it sent before that, behind a request that waits, is still to be
    // answered, for it may be records; but not for ever.
    private bool IsGone(bool mayLeaveRequests)
    {
        try
        {
            return _socket.Poll(0, SelectMode.SelectRead) && (_socket.Available == 0 || (mayLeaveRequests && HasPeerClosed()));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return true;
        }
    }

    // The first byte of TCP_INFO is the state. Elsewhere than on Linux only Available tells.
    private bool HasPeerClosed()
    {
        const int Tcp = 6, TcpInfo = 11, Close = 7, CloseWait = 8, LastAck = 9;
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        Span<byte> info = stackalloc byte[104];
        return _socket.GetRawSocketOption(Tcp, TcpInfo, info) > 0 && info[0] is Close or CloseWait or LastAck;
    }

    public void Dispose()
    {
        _socket.Dispose();
        _closing.Dispose();
        _input.Dispose();
        _reply.Dispose();
    }

    private async ValueTask<Memory<byte>> ReadAsync()
    {
        Volatile.Write(ref _activeAt, Environment.TickCount64);
        _doing = Doing.Reading;
        if (!await _input.FillAsync(4, _closing.Token))
        {
            return default;
        }

        int size = BinaryPrimitives.ReadInt32BigEndian(_input.Peek(4).Span);
        if (size < 8 || size > _broker.Options.RequestBytesMax)
        {
            _events.Malformed(_peerText, $"a request of {size} bytes, where 8 to {_broker.Options.RequestBytesMax} are allowed");
            return default;
        }

        if (!await _input.FillAsync(6, _closing.Token))
        {
            return default;
        }

        if (size > PlainRequestBytesMax && BinaryPrimitives.ReadInt16BigEndian(_input.Peek(6).Span[4..]) != (short)ApiKey.Produce)
        {
            _events.Malformed(_peerText, $"a request of {size} bytes, where {PlainRequestBytesMax} are allowed for all but Produce");
            return default;
        }

        if (!await _input.FillAsync(4 + size, _closing.Token))
        {
            return default;
        }

        _doing = Doing.Answering;
        return _input.Peek(4 + size);
    }

    private async ValueTask<bool> AnswerAsync(Memory<byte> frame)
    {
        if (!TryReadHeader(frame[4..]))
        {
            return await SendAsync();
        }

        if (!_request.Api.IsBeforeLogin && !_request.Peer.Sasl.IsIn)
        {
            _events.Malformed(_peerText, $"{_request.Api.Key} before it logged in");
            return false;
        }

        var outcome = await _request.Api.HandleAsync(_request, _reply);
        BrokerMetrics.Served(_request.Api, frame.Length, _reply.Length);
        switch (outcome)
        {
            case Outcome.Silent:
                _reply.Reset();
                return true;
            case Outcome.Malformed:
                _events.Malformed(_peerText, $"bytes that are no {_request.Api.Key} request of version {_request.Version}");
                return false;
            case Outcome.ReplyAndClose:
                await SendAsync();
                return false;
            default:
                return await SendAsync();
        }
    }

    // apiKey i16 | apiVersion i16 | correlationId i32 | clientId nullable string (always the older encoding) | tags, when flexible
    private bool TryReadHeader(Memory<byte> frame)
    {
        var header = new WireReader(frame.Span, flexible: false);
        short key = header.Int16();
        short version = header.Int16();
        int correlationId = header.Int32();
        var api = ApiTable.Find(key);
        StartReply(correlationId);
        if (api is null || !api.Serves(version))
        {
            if (key == (short)ApiKey.ApiVersions)
            {
                ApiVersions.WriteUnsupported(_reply);
            }
            else
            {
                _events.Refused(_peerText, key, version);
                _reply.Error(ErrorCode.UnsupportedVersion);
            }

            return false;
        }

        string clientId = header.NullableString() ?? "";
        var body = frame[header.Position..];
        bool flexible = api.IsFlexible(version);
        if (flexible)
        {
            var tags = new WireReader(body.Span, flexible: true);
            tags.Tags();
            body = body[tags.Position..];
            // ApiVersions is answered before both sides know what the other speaks, so its header stays the oldest one.
            _reply.Flexible = api.Key != ApiKey.ApiVersions;
            _reply.Tags();
        }

        _reply.Flexible = flexible;
        _request.Set(api, version, correlationId, clientId, body);
        return true;
    }

    private void StartReply(int correlationId)
    {
        _reply.Reset();
        _reply.Flexible = false;
        _reply.Int32(0);
        _reply.Int32(correlationId);
    }

    private async ValueTask<bool> SendAsync()
    {
        _reply.PatchInt32(0, _reply.Length - 4);
        Volatile.Write(ref _activeAt, Environment.TickCount64);
        _doing = Doing.Sending;
        for (var rest = _reply.Written; !rest.IsEmpty;)
        {
            // In pieces, so that a slow reader is told from a dead one.
            var piece = rest[..Math.Min(rest.Length, SendBytesMax)];
            await _input.Source.WriteAsync(piece, _closing.Token);
            rest = rest[piece.Length..];
            Volatile.Write(ref _activeAt, Environment.TickCount64);
        }

        _reply.Reset();
        return true;
    }
}
