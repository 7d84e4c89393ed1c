using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sluice.EmbeddedKafka;
using Sluice.KafkaCache.Hosting;
using Sluice.ServiceDefaults;

namespace Sluice.KafkaCache.Tests.Hosting;

public sealed class CacheServiceTests : IDisposable
{
    // Short, since sockets are named below it.
    private readonly string _root = Directory.CreateTempSubdirectory("slc-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task It_starts_without_Kafka_says_what_it_waits_for_and_is_healthy_once_Kafka_is_there()
    {
        int port;
        var options = new BrokerOptions { DataDirectory = Path.Combine(_root, "kafka"), Port = 0, Topics = [new TopicSpec("items-snapshots")] };
        await using (EmbeddedBroker first = await EmbeddedBroker.StartAsync(options))
        {
            port = first.Port; // Free again once it has stopped.
        }

        long start = Stopwatch.GetTimestamp();
        await using WebApplication service = await StartAsync(port);
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 5); // Under a second on a machine that has nothing else to do.
        string health = await HealthAsync(service, text => text.StartsWith("Degraded", StringComparison.Ordinal));
        Assert.Contains($"waits for Kafka at 127.0.0.1:{port}", health);

        await using EmbeddedBroker broker = await EmbeddedBroker.StartAsync(options with { Port = port });
        Assert.Equal("Healthy", await HealthAsync(service, text => text == "Healthy"));
        long deadline = Environment.TickCount64 + 10_000;
        while (Directory.GetFiles(Path.Combine(_root, "cache"), "topic.state", SearchOption.AllDirectories).Length == 0)
        {
            Assert.True(Environment.TickCount64 < deadline, "the topic is not cached");
            await Task.Yield();
        }

        await service.StopAsync();
        Assert.Empty(Directory.GetFiles(Path.Combine(_root, "cache"), "*", SearchOption.AllDirectories));
        Assert.Empty(Directory.GetFiles(Path.Combine(_root, "run")));
    }

    [Fact]
    public void A_directory_that_is_not_named_is_a_configuration_error()
    {
        WebApplicationBuilder builder = ServiceHost.CreateBuilder("kafka-cache", ["--SLUICE_CONFIG=" + WriteConfiguration(9092), "--SLUICE_RUN_DIR=" + _root]);
        ServiceStartException exception = Assert.Throws<ServiceStartException>(() => CacheService.Register(builder));
        Assert.Equal(ServiceExitCodes.ConfigurationError, exception.ExitCode);
        Assert.Contains("SLUICE_CACHE_DIR is not set", exception.Message);
    }

    [Theory]
    [InlineData("SLUICE_CACHE_ENGINES", "0")]
    [InlineData("SLUICE_CACHE_ENGINES", "many")]
    [InlineData("SLUICE_KAFKA_PRODUCE_TIMEOUT_MS", "-1")]
    [InlineData("SLUICE_INSTANCE", "1000")]
    public void A_number_out_of_range_is_a_configuration_error(string name, string text)
    {
        var environment = new Dictionary<string, string> { ["SLUICE_RUN_DIR"] = _root, ["SLUICE_CACHE_DIR"] = _root, [name] = text };
        ServiceStartException exception = Assert.Throws<ServiceStartException>(() => CacheOptions.Read(environment.GetValueOrDefault));
        Assert.Contains($"{name} is '{text}'; it must be a whole number from", exception.Message);
    }

    private async Task<WebApplication> StartAsync(int port)
    {
        WebApplicationBuilder builder = ServiceHost.CreateBuilder(
            "kafka-cache",
            [
                "--urls=http://127.0.0.1:0", "--SLUICE_CONFIG=" + WriteConfiguration(port),
                "--SLUICE_RUN_DIR=" + Path.Combine(_root, "run"), "--SLUICE_CACHE_DIR=" + Path.Combine(_root, "cache"),
            ]);
        CacheService.Register(builder);
        WebApplication service = builder.Build();
        service.MapDefaultEndpoints();
        await service.StartAsync();
        return service;
    }

    private string WriteConfiguration(int port)
    {
        string path = Path.Combine(_root, "sluice.yaml");
        File.WriteAllText(path, $$"""
            name: test
            bindings:
              cache: { type: kafka, kind: cache_server, options: { bootstrap: [ items-snapshots ] }, exit: broker }
              broker: { type: kafka, kind: client, options: { servers: [ "127.0.0.1:{{port}}" ] }, exit: broker_tcp }
              broker_tcp: { type: tcp, kind: client }
            """);
        return path;
    }

    private static async Task<string> HealthAsync(WebApplication service, Func<string, bool> isWanted)
    {
        string address = service.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        using var http = new HttpClient();
        long deadline = Environment.TickCount64 + 15_000;
        while (true)
        {
            using HttpResponseMessage response = await http.GetAsync(new Uri(address + "/health"));
            string text = await response.Content.ReadAsStringAsync();
            Assert.True(response.IsSuccessStatusCode, text);
            if (isWanted(text))
            {
                return text;
            }

            Assert.True(Environment.TickCount64 < deadline, "still " + text);
            await Task.Yield();
        }
    }
}
