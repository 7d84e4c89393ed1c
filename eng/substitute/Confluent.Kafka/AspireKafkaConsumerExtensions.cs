using Aspire.Confluent.Kafka;
using Confluent.Kafka;

namespace Microsoft.Extensions.Hosting;

/// <summary>Registers Kafka consumers.</summary>
public static class AspireKafkaConsumerExtensions
{
    private const string Section = "Aspire:Confluent:Kafka:Consumer";
    private const string CheckName = "Aspire.Confluent.Kafka.Consumer";

    /// <summary>Registers <see cref="IConsumer{TKey,TValue}"/>.</summary>
    public static void AddKafkaConsumer<TKey, TValue>(this IHostApplicationBuilder builder, string connectionName) =>
        Add<TKey, TValue>(builder, connectionName, null, null, null);

    /// <summary>Registers <see cref="IConsumer{TKey,TValue}"/> with settings.</summary>
    public static void AddKafkaConsumer<TKey, TValue>(
        this IHostApplicationBuilder builder, string connectionName, Action<KafkaConsumerSettings>? configureSettings) =>
        Add<TKey, TValue>(builder, connectionName, null, configureSettings, null);

    /// <summary>Registers <see cref="IConsumer{TKey,TValue}"/> with its builder.</summary>
    public static void AddKafkaConsumer<TKey, TValue>(
        this IHostApplicationBuilder builder, string connectionName, Action<ConsumerBuilder<TKey, TValue>>? configureBuilder) =>
        Add<TKey, TValue>(builder, connectionName, null, null, Wrap(configureBuilder));

    /// <summary>Registers <see cref="IConsumer{TKey,TValue}"/> with its builder.</summary>
    public static void AddKafkaConsumer<TKey, TValue>(
        this IHostApplicationBuilder builder, string connectionName, Action<IServiceProvider, ConsumerBuilder<TKey, TValue>>? configureBuilder) =>
        Add(builder, connectionName, null, null, configureBuilder);

    /// <summary>Registers <see cref="IConsumer{TKey,TValue}"/> with settings and its builder.</summary>
    public static void AddKafkaConsumer<TKey, TValue>(
        this IHostApplicationBuilder builder, string connectionName, Action<KafkaConsumerSettings>? configureSettings,
        Action<ConsumerBuilder<TKey, TValue>>? configureBuilder) =>
        Add(builder, connectionName, null, configureSettings, Wrap(configureBuilder));

    /// <summary>Registers <see cref="IConsumer{TKey,TValue}"/> with settings and its builder.</summary>
    public static void AddKafkaConsumer<TKey, TValue>(
        this IHostApplicationBuilder builder, string connectionName, Action<KafkaConsumerSettings>? configureSettings,
        Action<IServiceProvider, ConsumerBuilder<TKey, TValue>>? configureBuilder) =>
        Add(builder, connectionName, null, configureSettings, configureBuilder);

    /// <summary>Registers a consumer under a key, which names its connection too.</summary>
    public static void AddKeyedKafkaConsumer<TKey, TValue>(this IHostApplicationBuilder builder, string name) =>
        Add<TKey, TValue>(builder, name, name, null, null);

    /// <summary>Registers a consumer under a key, with settings.</summary>
    public static void AddKeyedKafkaConsumer<TKey, TValue>(
        this IHostApplicationBuilder builder, string name, Action<KafkaConsumerSettings>? configureSettings) =>
        Add<TKey, TValue>(builder, name, name, configureSettings, null);

    /// <summary>Registers a consumer under a key, with settings and its builder.</summary>
    public static void AddKeyedKafkaConsumer<TKey, TValue>(
        this IHostApplicationBuilder builder, string name, Action<KafkaConsumerSettings>? configureSettings,
        Action<ConsumerBuilder<TKey, TValue>>? configureBuilder) =>
        Add(builder, name, name, configureSettings, Wrap(configureBuilder));

    private static Action<IServiceProvider, ConsumerBuilder<TKey, TValue>>? Wrap<TKey, TValue>(Action<ConsumerBuilder<TKey, TValue>>? configure) =>
        configure is null ? null : (_, builder) => configure(builder);

    private static void Add<TKey, TValue>(
        IHostApplicationBuilder builder, string connectionName, string? key, Action<KafkaConsumerSettings>? configureSettings,
        Action<IServiceProvider, ConsumerBuilder<TKey, TValue>>? configureBuilder)
    {
        KafkaConsumerSettings settings = KafkaRegistration.Read(builder, Section, connectionName, configureSettings);
        KafkaRegistration.Add<IConsumer<TKey, TValue>>(builder, settings, connectionName, key, CheckName, services =>
        {
            ConsumerBuilder<TKey, TValue> consumer = new(settings.Config);
            configureBuilder?.Invoke(services, consumer);
            return consumer.Build();
        });
    }
}
