using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Sluice.Suite.Tests;

/// <summary>The echo examples through the AppHost.</summary>
public sealed class EchoExampleTests
{
    [Fact]
    public async Task Tcp_echo_returns_what_it_gets_and_closes_when_the_client_does()
    {
        await using RunningSuite suite = await RunningSuite.StartAsync("examples/tcp.echo/zilla.yaml", "12345");
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, suite.Port);
        await using NetworkStream stream = client.GetStream();
        await stream.WriteAsync("hello"u8.ToArray());
        client.Client.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        Assert.Equal("hello", await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task Http_echo_returns_the_body_and_its_type()
    {
        await using RunningSuite suite = await RunningSuite.StartAsync("examples/http.echo/zilla.yaml", "7115");
        HttpResponseMessage response = await suite.Http.PostAsync("/anything", new StringContent("hello", Encoding.UTF8, "text/plain"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("hello", await response.Content.ReadAsStringAsync());
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
    }
}
