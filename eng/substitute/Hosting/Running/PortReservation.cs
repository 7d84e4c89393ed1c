using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>
/// Gives every endpoint its port. A port that the model leaves open is held by a listening socket until just before its process starts,
/// so that two applications on one machine do not choose the same.
/// </summary>
/// <remarks>
/// Below 32768 the kernel of Linux gives no port to outgoing connections; a port chosen there stays free in the moment between the
/// release and the bind of the process.
/// </remarks>
internal sealed class PortReservation : IDisposable
{
    private const int PortMin = 20_000;
    private const int PortMax = 32_000;
    private const int AttemptsMax = 200; // Of 12,000 ports; more failures mean that something else is wrong.

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Socket> _held = [];

    /// <summary>Allocates the endpoints of all resources.</summary>
    /// <param name="resources">The resources.</param>
    /// <param name="randomize">Whether wished ports of proxied endpoints are replaced by free ones, as tests want it.</param>
    public void Allocate(IEnumerable<IResource> resources, bool randomize)
    {
        foreach (IResource resource in resources)
        {
            int replicas = RunContext.ReplicasOf(resource);
            foreach (EndpointAnnotation endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            {
                endpoint.Instances = [.. Enumerable.Range(0, replicas).Select(_ =>
                    new AllocatedEndpoint(endpoint, endpoint.TargetHost, WishedPort(endpoint, randomize) ?? Hold()))];
            }
        }
    }

    /// <summary>Frees the ports of one instance for its process.</summary>
    public void Release(IResource resource, int index)
    {
        foreach (EndpointAnnotation endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            lock (_lock)
            {
                if (_held.Remove(endpoint.Instances[index].Port, out Socket? socket))
                {
                    socket.Dispose();
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach (Socket socket in _held.Values)
            {
                socket.Dispose();
            }

            _held.Clear();
        }
    }

    // Nothing stands between caller and process, so port and target port are one; see the README.
    private static int? WishedPort(EndpointAnnotation endpoint, bool randomize) =>
        endpoint.TargetPort ?? (randomize && endpoint.IsProxied ? null : endpoint.Port);

    private int Hold()
    {
        for (int attempt = 0; attempt < AttemptsMax; attempt++)
        {
            int port = Random.Shared.Next(PortMin, PortMax);

            Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                // Bound is not held: the system lets any number of sockets be bound to a port on which none listens yet.
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                socket.Listen(1);
            }
            catch (SocketException)
            {
                socket.Dispose();
                continue;
            }

            lock (_lock)
            {
                _held.Add(port, socket);
            }

            return port;
        }

        throw new DistributedApplicationException($"No free port found between {PortMin} and {PortMax} on 127.0.0.1.");
    }
}
