using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.ServiceDiscovery;

namespace Sluice.Frames.Grpc.Tests;

/// <summary>design.md §4, gRPC: each instance of a room is joined, however its addresses are given.</summary>
public sealed class LinkAddressesTests
{
    [Theory]
    [InlineData("http://back.example:7000", "10.0.0.1 10.0.0.2", "http://10.0.0.1:7000/ http://10.0.0.2:7000/")] // a headless service
    [InlineData("https://back.example:7443", "fd00::1 fd00::2", "https://[fd00::1]:7443/ https://[fd00::2]:7443/")]
    [InlineData("http://back.example:7000", "10.0.0.1 fd00::1 10.0.0.2 fd00::2", "http://10.0.0.1:7000/ http://10.0.0.2:7000/")] // two instances, both families
    [InlineData("http://back.example:7000", "10.0.0.1 10.0.0.1", "http://back.example:7000/")] // one, or a balancer
    [InlineData("http://back.example:7000", "fd00::1 10.0.0.1", "http://back.example:7000/")] // one, and the client tries both of its addresses
    [InlineData("http://back.example:7000", "127.0.0.1 127.0.0.2", "http://back.example:7000/")] // this host
    [InlineData("http://back.example:7000", "", "http://back.example:7000/")]
    [InlineData("http://back.example:7000", "unknown", "http://back.example:7000/")] // The call will say what is wrong.
    [InlineData("http://10.1.1.1:7000", "10.0.0.1 10.0.0.2", "http://10.1.1.1:7000/")]
    public async Task A_name_with_several_addresses_is_one_instance_for_each(string endpoint, string dns, string expected)
    {
        IReadOnlyList<Uri> found = await FindAsync([endpoint], dns);
        Assert.Equal(expected, string.Join(' ', found));
    }

    [Fact]
    public async Task An_address_that_is_given_twice_is_one_instance()
    {
        IReadOnlyList<Uri> found = await FindAsync(["http://back.example:7000", "http://10.0.0.1:7000"], "10.0.0.1 10.0.0.2");
        Assert.Equal("http://10.0.0.1:7000/ http://10.0.0.2:7000/", string.Join(' ', found));
    }

    private static async Task<IReadOnlyList<Uri>> FindAsync(string[] endpoints, string dns)
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder()
                .AddInMemoryCollection(endpoints.Select((endpoint, i) => KeyValuePair.Create<string, string?>($"services:back:link:{i}", endpoint))).Build())
            .AddServiceDiscovery()
            .BuildServiceProvider();
        var addresses = new LinkAddresses(services.GetRequiredService<ServiceEndpointResolver>(), "back", isTls: false, Resolve);
        return await addresses.FindAsync(TestContext.Current.CancellationToken);

        Task<IPAddress[]> Resolve(string host, CancellationToken cancellation) => dns == "unknown"
            ? Task.FromException<IPAddress[]>(new SocketException((int)SocketError.HostNotFound))
            : Task.FromResult(dns.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(IPAddress.Parse).ToArray());
    }
}
