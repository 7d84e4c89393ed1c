using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.Running;

namespace Sluice.AppHost.Tests.Substitute;

/// <summary>Ports that the host chooses are kept until their process starts.</summary>
public sealed class PortReservationTests
{
    [Fact]
    public async Task A_chosen_port_is_nobody_elses_until_its_process_starts()
    {
        await using IDistributedApplicationTestingBuilder builder = DistributedApplicationTestingBuilder.Create();
        IResourceBuilder<ProjectResource> probe = builder.AddProject("probe", TestPaths.ProbeProject).WithHttpEndpoint();
        using var ports = new PortReservation();
        ports.Allocate([probe.Resource], randomize: true);
        int port = probe.Resource.Annotations.OfType<EndpointAnnotation>().Single().Instances[0].Port;
        Assert.Equal(SocketError.AddressAlreadyInUse, Assert.Throws<SocketException>(() => Bind(port)).SocketErrorCode);
        ports.Release(probe.Resource, 0);
        Bind(port);
    }

    private static void Bind(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
    }
}
