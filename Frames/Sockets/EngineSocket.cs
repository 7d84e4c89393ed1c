using System.Net;
using System.Net.Sockets;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Sockets;

/// <summary>A non-blocking TCP socket for use with <see cref="EnginePoller"/>: each call is one system call, and none waits. Linux.</summary>
/// <remarks>Results below zero are negated error numbers of the system; <see cref="WouldBlock"/> is the ordinary one.</remarks>
public sealed class EngineSocket : IDisposable
{
    /// <summary>Nothing can be done now; readiness will be told.</summary>
    public const int WouldBlock = -Unix.Eagain;

    private const int SocketLevel = 1;
    private const int ReuseAddress = 2;
    private const int ReusePort = 15;
    private const int Ipv6Level = 41;
    private const int Ipv6Only = 26;
    private const int TcpLevel = 6;
    private const int TcpNoDelay = 1;

    private int _descriptor;

    private EngineSocket(int descriptor) => _descriptor = descriptor;

    /// <summary>The system's number for it; -1 once closed.</summary>
    public int Descriptor => _descriptor;

    /// <summary>Listens on an address that sockets of this user may share: the kernel spreads connections over them by a hash of both ends.</summary>
    /// <param name="address">Where; port 0 for any free one. <c>[::]</c> takes IPv4 clients too.</param>
    /// <param name="backlog">Connections that may wait until they are accepted; the kernel caps it at net.core.somaxconn.</param>
    /// <exception cref="SocketException">The address is not ours, or held by a socket that does not share.</exception>
    public static EngineSocket Listen(IPEndPoint address, int backlog) => Listen(address, backlog, isShared: true);

    /// <summary>Listens on an address that nobody else has, sharing or not.</summary>
    /// <inheritdoc cref="Listen(IPEndPoint, int)" path="/param"/>
    /// <exception cref="SocketException">The address is in use or not ours.</exception>
    public static EngineSocket ListenAlone(IPEndPoint address, int backlog) => Listen(address, backlog, isShared: false);

    /// <summary>From now on sockets of this user made by <see cref="Listen(IPEndPoint, int)"/> may listen on the same address.</summary>
    /// <remarks>The kernel compares this mark when a later socket binds, so binding alone first and sharing then leaves no gap.</remarks>
    public void Share() => _ = Unix.SetOption(_descriptor, SocketLevel, ReusePort, 1);

    /// <summary>A face for a descriptor that somebody else owns and closes. It must be non-blocking.</summary>
    public static EngineSocket Borrow(int descriptor) => new(descriptor);

    /// <summary>Makes the coming close send RST: the peer must not take what it got for a clean end.</summary>
    public void SetLingerZero() => _ = Unix.SetLingerZero(_descriptor);

    /// <summary>Where a listening or connected socket is bound.</summary>
    public IPEndPoint? LocalEndPoint
    {
        get
        {
            Span<byte> buffer = stackalloc byte[128];
            int bytes = Unix.LocalAddress(_descriptor, buffer);
            return bytes > 0 ? Parse(buffer[..bytes]) : null;
        }
    }

    /// <summary>Takes the next waiting connection.</summary>
    /// <returns>Null when there is none, or it left again.</returns>
    public EngineSocket? Accept(out IPEndPoint? remote) => Accept(out remote, out _);

    /// <summary>Takes the next waiting connection.</summary>
    /// <param name="remote">The peer's end.</param>
    /// <param name="error">Why there is none: an error number of the system below zero, <see cref="WouldBlock"/> when none waits.</param>
    public EngineSocket? Accept(out IPEndPoint? remote, out int error)
    {
        Span<byte> buffer = stackalloc byte[128];
        int descriptor = Unix.Accept(_descriptor, buffer, out int bytes);
        if (descriptor < 0)
        {
            error = -Unix.LastError;
            remote = null;
            return null;
        }

        error = 0;
        remote = Parse(buffer[..bytes]);
        _ = Unix.SetOption(descriptor, TcpLevel, TcpNoDelay, 1);
        return new EngineSocket(descriptor);
    }

    /// <summary>Reads what is there. 0: the peer has finished.</summary>
    public int Receive(Span<byte> buffer) => Unix.Receive(_descriptor, buffer);

    /// <summary>Writes what fits.</summary>
    public int Send(ReadOnlySpan<byte> buffer) => Unix.Send(_descriptor, buffer);

    /// <summary>Finishes our direction: the peer reads an end.</summary>
    public void ShutdownSend() => Unix.Shutdown(_descriptor, 1);

    /// <summary>Takes no more from the peer.</summary>
    public void ShutdownReceive() => Unix.Shutdown(_descriptor, 0);

    /// <summary>Closes with RST: the peer must not take what it got for a clean end.</summary>
    public void Reset()
    {
        _ = Unix.SetLingerZero(_descriptor);
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        int descriptor = _descriptor;
        _descriptor = -1;
        if (descriptor >= 0)
        {
            Unix.Close(descriptor);
        }
    }

    private static EngineSocket Listen(IPEndPoint address, int backlog, bool isShared)
    {
        SocketAddress bytes = address.Serialize();
        int descriptor = Check(Unix.Socket((int)NativeFamily(address.AddressFamily), Unix.StreamSocket));
        var socket = new EngineSocket(descriptor);
        try
        {
            Check(Unix.SetOption(descriptor, SocketLevel, ReuseAddress, 1)); // Connections of an earlier process that fade away do not matter.
            if (isShared)
            {
                socket.Share();
            }

            if (address.AddressFamily == AddressFamily.InterNetworkV6)
            {
                Check(Unix.SetOption(descriptor, Ipv6Level, Ipv6Only, address.Address.Equals(IPAddress.IPv6Any) ? 0 : 1));
            }

            Check(Unix.Bind(descriptor, bytes.Buffer.Span[..bytes.Size]));
            Check(Unix.Listen(descriptor, backlog));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static int Check(int result) => result >= 0 ? result : throw new SocketException(Translate(Unix.LastError));

    private static int Translate(int error) => error switch
    {
        98 => (int)SocketError.AddressAlreadyInUse,
        99 => (int)SocketError.AddressNotAvailable,
        13 or 1 => (int)SocketError.AccessDenied,
        24 or 23 => (int)SocketError.TooManyOpenSockets,
        _ => (int)SocketError.SocketError,
    };

    private static int NativeFamily(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? 10 : 2;

    // family u16 | port u16 big endian | v4: address 4  v6: flow 4, address 16, scope 4
    private static IPEndPoint? Parse(ReadOnlySpan<byte> address)
    {
        int family = BitConverter.ToUInt16(address);
        int port = (address[2] << 8) | address[3];
        return family switch
        {
            2 when address.Length >= 8 => new IPEndPoint(new IPAddress(address.Slice(4, 4)), port),
            10 when address.Length >= 24 => new IPEndPoint(new IPAddress(address.Slice(8, 16)), port),
            _ => null,
        };
    }
}
