using Aspire.Confluent.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Sluice.AppHost.Tests;

/// <summary>Registering Kafka clients: the same through Aspire's package and through the substitute.</summary>
public sealed class KafkaClientTests
{
    private readonly HostApplicationBuilder _builder = Host.CreateEmptyApplicationBuilder(null);

    [Fact]
    public void The_connection_string_names_the_brokers_and_the_caller_has_the_last_word()
    {
        _builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:kafka"] = "one.example:9092",
            ["Aspire:Confluent:Kafka:Producer:Config:LingerMs"] = "5",
            ["Aspire:Confluent:Kafka:Producer:kafka:Config:LingerMs"] = "7",
        });
        double? linger = null;
        string? brokers = null;
        _builder.AddKafkaProducer<string, string>("kafka", (KafkaProducerSettings settings) =>
        {
            linger = settings.Config.LingerMs;
            brokers = settings.ConnectionString;
            settings.ConnectionString = "127.0.0.1:1";
        });
        Assert.Equal((7, "one.example:9092"), (linger, brokers));
        using IHost host = _builder.Build();
        using IProducer<string, string> producer = host.Services.GetRequiredService<IProducer<string, string>>();
        Assert.StartsWith("rdkafka#producer", producer.Name, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_brokers_the_first_use_fails()
    {
        _builder.AddKafkaProducer<string, string>("kafka");
        using IHost host = _builder.Build();
        Assert.Throws<InvalidOperationException>(host.Services.GetRequiredService<IProducer<string, string>>);
    }

    [Fact]
    public void A_consumer_needs_a_group()
    {
        _builder.Configuration["ConnectionStrings:kafka"] = "one.example:9092";
        _builder.AddKafkaConsumer<string, string>("kafka");
        using IHost host = _builder.Build();
        Assert.Throws<InvalidOperationException>(host.Services.GetRequiredService<IConsumer<string, string>>);
    }

    [Fact]
    public void Keyed_clients_have_health_checks_of_their_own()
    {
        _builder.AddKafkaProducer<string, string>("kafka");
        _builder.AddKeyedKafkaProducer<string, string>("other");
        _builder.AddKafkaConsumer<string, string>("kafka");
        _builder.AddKeyedKafkaConsumer<int, string>("quiet", (KafkaConsumerSettings settings) => settings.DisableHealthChecks = true);
        using IHost host = _builder.Build();
        Assert.Equal(
            ["Aspire.Confluent.Kafka.Consumer", "Aspire.Confluent.Kafka.Producer", "Aspire.Confluent.Kafka.Producer_other"],
            host.Services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value.Registrations.Select(check => check.Name).Order(StringComparer.Ordinal));
    }
}
