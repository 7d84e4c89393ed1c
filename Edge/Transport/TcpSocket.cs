using System.Net;

namespace Sluice.Edge.Transport;

/// <summary>What a socket tells its owner. Engine thread.</summary>
internal interface ITcpSocketOwner
{
    /// <summary>Bytes, the peer's FIN or an error wait to be received.</summary>
    void OnReadable();

    /// <summary>What <see cref="TcpSocket.SendRest"/> was given is on its way.</summary>
    void OnRestSent();

    /// <summary>The connection is broken: what was given to <see cref="TcpSocket.SendRest"/> could not be sent, or the peer sent RST.</summary>
    void OnBroken();
}

/// <summary>A connected socket as its engine sees it: it never blocks, and says when it is worth asking again.</summary>
/// <remarks>
/// The seam between streams and the operating system, shaped by readiness so that epoll fits as well as the stock sockets do.
/// All members on the engine's thread. Nothing is called on the owner after <see cref="Close"/> or <see cref="Reset"/>.
/// </remarks>
internal abstract class TcpSocket
{
    /// <summary>Nothing can be received or sent right now.</summary>
    public const int WouldBlock = -1;

    /// <summary>The connection is broken.</summary>
    public const int Broken = -2;

    /// <summary>Who hears of readiness; set before the first wait.</summary>
    public ITcpSocketOwner? Owner { get; set; }

    /// <summary>Our end.</summary>
    public abstract IPEndPoint Local { get; }

    /// <summary>The peer's end.</summary>
    public abstract IPEndPoint Remote { get; }

    /// <summary>Receives what is there.</summary>
    /// <returns>Bytes received, 0 for the peer's FIN, <see cref="WouldBlock"/> or <see cref="Broken"/>.</returns>
    public abstract int TryReceive(Span<byte> buffer);

    /// <summary>Asks for one <see cref="ITcpSocketOwner.OnReadable"/>, in a later turn at the earliest. One wait at a time.</summary>
    public abstract void AwaitReadable();

    /// <summary>Sends as much as the system takes at once.</summary>
    /// <returns>Bytes taken, <see cref="WouldBlock"/> or <see cref="Broken"/>.</returns>
    public abstract int TrySend(ReadOnlySpan<byte> buffer);

    /// <summary>Sends all of the rest as room appears; the buffer is lent until the owner is told. One rest at a time.</summary>
    public abstract void SendRest(ReadOnlyMemory<byte> rest);

    /// <summary>Sends FIN: our half is complete.</summary>
    public abstract void FinishSending();

    /// <summary>Takes no more from the peer; our half stays open.</summary>
    public abstract void StopReceiving();

    /// <summary>Closes; what was sent still arrives.</summary>
    public abstract void Close();

    /// <summary>Closes with RST (linger 0): the peer must not take what it got for complete.</summary>
    public abstract void Reset();
}
