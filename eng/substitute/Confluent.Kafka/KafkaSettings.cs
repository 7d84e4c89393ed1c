using Confluent.Kafka;

namespace Aspire.Confluent.Kafka;

/// <summary>What a Kafka client is built from.</summary>
public abstract class KafkaClientSettings
{
    private protected KafkaClientSettings()
    {
    }

    /// <summary>The brokers, HOST:PORT[,HOST:PORT…].</summary>
    public string? ConnectionString { get; set; }

    /// <summary>Whether no health check is registered for the client.</summary>
    public bool DisableHealthChecks { get; set; }

    /// <summary>No meaning here: the substitute collects no statistics.</summary>
    public bool DisableMetrics { get; set; }

    /// <summary>No meaning here: the substitute starts no activities.</summary>
    public bool DisableTracing { get; set; }

    internal abstract ClientConfig ClientConfig { get; }

    /// <summary>The connection string names the brokers unless the configuration already does.</summary>
    internal void Consolidate()
    {
        if (!string.IsNullOrEmpty(ConnectionString))
        {
            ClientConfig.BootstrapServers = ConnectionString;
        }
    }

    /// <exception cref="InvalidOperationException">What the client cannot do without is missing.</exception>
    internal virtual void Validate(string connectionName)
    {
        if (string.IsNullOrEmpty(ClientConfig.BootstrapServers))
        {
            throw new InvalidOperationException(
                $"No brokers for Kafka client '{connectionName}': set ConnectionStrings__{connectionName} or its BootstrapServers.");
        }
    }
}

/// <summary>What a producer is built from.</summary>
public sealed class KafkaProducerSettings : KafkaClientSettings
{
    /// <summary>The client's configuration.</summary>
    public ProducerConfig Config { get; } = new();

    internal override ClientConfig ClientConfig => Config;
}

/// <summary>What a consumer is built from.</summary>
public sealed class KafkaConsumerSettings : KafkaClientSettings
{
    /// <summary>The client's configuration.</summary>
    public ConsumerConfig Config { get; } = new();

    internal override ClientConfig ClientConfig => Config;

    internal override void Validate(string connectionName)
    {
        base.Validate(connectionName);
        if (string.IsNullOrEmpty(Config.GroupId))
        {
            throw new InvalidOperationException($"Kafka consumer '{connectionName}' needs a GroupId.");
        }
    }
}
