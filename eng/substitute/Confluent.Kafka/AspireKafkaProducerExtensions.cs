using Aspire.Confluent.Kafka;
using Confluent.Kafka;

namespace Microsoft.Extensions.Hosting;

/// <summary>Registers Kafka producers.</summary>
public static class AspireKafkaProducerExtensions
{
    private const string Section = "Aspire:Confluent:Kafka:Producer";
    private const string CheckName = "Aspire.Confluent.Kafka.Producer";

    /// <summary>Registers <see cref="IProducer{TKey,TValue}"/>.</summary>
    public static void AddKafkaProducer<TKey, TValue>(this IHostApplicationBuilder builder, string connectionName) =>
        Add<TKey, TValue>(builder, connectionName, null, null, null);

    /// <summary>Registers <see cref="IProducer{TKey,TValue}"/> with settings.</summary>
    public static void AddKafkaProducer<TKey, TValue>(
        this IHostApplicationBuilder builder, string connectionName, Action<KafkaProducerSettings>? configureSettings) =>
        Add<TKey, TValue>(builder, connectionName, null, configureSettings, null);

    /// <summary>Registers <see cref="IProducer{TKey,TValue}"/> with its builder.</summary>
    public static void AddKafkaProducer<TKey, TValue>(
        this IHostApplicationBuilder builder, string connectionName, Action<ProducerBuilder<TKey, TValue>>? configureBuilder) =>
        Add<TKey, TValue>(builder, connectionName, null, null, Wrap(configureBuilder));

    /// <summary>Registers <see cref="IProducer{TKey,TValue}"/> with its builder.</summary>
    public static void AddKafkaProducer<TKey, TValue>(
        this IHostApplicationBuilder builder, string connectionName, Action<IServiceProvider, ProducerBuilder<TKey, TValue>>? configureBuilder) =>
        Add(builder, connectionName, null, null, configureBuilder);

    /// <summary>Registers <see cref="IProducer{TKey,TValue}"/> with settings and its builder.</summary>
    public static void AddKafkaProducer<TKey, TValue>(
        this IHostApplicationBuilder builder, string connectionName, Action<KafkaProducerSettings>? configureSettings,
        Action<ProducerBuilder<TKey, TValue>>? configureBuilder) =>
        Add(builder, connectionName, null, configureSettings, Wrap(configureBuilder));

    /// <summary>Registers <see cref="IProducer{TKey,TValue}"/> with settings and its builder.</summary>
    public static void AddKafkaProducer<TKey, TValue>(
        this IHostApplicationBuilder builder, string connectionName, Action<KafkaProducerSettings>? configureSettings,
        Action<IServiceProvider, ProducerBuilder<TKey, TValue>>? configureBuilder) =>
        Add(builder, connectionName, null, configureSettings, configureBuilder);

    /// <summary>Registers a producer under a key, which names its connection too.</summary>
    public static void AddKeyedKafkaProducer<TKey, TValue>(this IHostApplicationBuilder builder, string name) =>
        Add<TKey, TValue>(builder, name, name, null, null);

    /// <summary>Registers a producer under a key, with settings.</summary>
    public static void AddKeyedKafkaProducer<TKey, TValue>(
        this IHostApplicationBuilder builder, string name, Action<KafkaProducerSettings>? configureSettings) =>
        Add<TKey, TValue>(builder, name, name, configureSettings, null);

    /// <summary>Registers a producer under a key, with settings and its builder.</summary>
    public static void AddKeyedKafkaProducer<TKey, TValue>(
        this IHostApplicationBuilder builder, string name, Action<KafkaProducerSettings>? configureSettings,
        Action<ProducerBuilder<TKey, TValue>>? configureBuilder) =>
        Add(builder, name, name, configureSettings, Wrap(configureBuilder));

    private static Action<IServiceProvider, ProducerBuilder<TKey, TValue>>? Wrap<TKey, TValue>(Action<ProducerBuilder<TKey, TValue>>? configure) =>
        configure is null ? null : (_, builder) => configure(builder);

    private static void Add<TKey, TValue>(
        IHostApplicationBuilder builder, string connectionName, string? key, Action<KafkaProducerSettings>? configureSettings,
        Action<IServiceProvider, ProducerBuilder<TKey, TValue>>? configureBuilder)
    {
        KafkaProducerSettings settings = KafkaRegistration.Read(builder, Section, connectionName, configureSettings);
        KafkaRegistration.Add<IProducer<TKey, TValue>>(builder, settings, connectionName, key, CheckName, services =>
        {
            ProducerBuilder<TKey, TValue> producer = new(settings.Config);
            configureBuilder?.Invoke(services, producer);
            return producer.Build();
        });
    }
}
