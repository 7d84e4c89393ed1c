using Aspire.Confluent.Kafka;
using Confluent.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Microsoft.Extensions.Hosting;

/// <summary>What registering a producer and registering a consumer have in common.</summary>
internal static class KafkaRegistration
{
    /// <summary>
    /// Fills the settings: the section, then its sub-section of the connection's name, then ConnectionStrings, then the caller.
    /// </summary>
    public static TSettings Read<TSettings>(
        IHostApplicationBuilder builder, string section, string connectionName, Action<TSettings>? configure) where TSettings : KafkaClientSettings, new()
    {
        TSettings settings = new();
        foreach (IConfigurationSection source in new[] { builder.Configuration.GetSection(section), builder.Configuration.GetSection($"{section}:{connectionName}") })
        {
            source.Bind(settings);
            source.GetSection("Config").Bind(settings.ClientConfig);
        }

        if (builder.Configuration.GetConnectionString(connectionName) is { } connectionString)
        {
            settings.ConnectionString = connectionString;
        }

        configure?.Invoke(settings);
        settings.Consolidate();
        return settings;
    }

    /// <summary>Registers the client as a singleton, under a key or without, and its health check.</summary>
    public static void Add<TClient>(
        IHostApplicationBuilder builder, KafkaClientSettings settings, string connectionName, string? key, string checkName, Func<IServiceProvider, TClient> build)
        where TClient : class, IClient
    {
        TClient Create(IServiceProvider services)
        {
            settings.Validate(connectionName);
            return build(services);
        }

        if (key is null)
        {
            builder.Services.AddSingleton(Create);
        }
        else
        {
            builder.Services.AddKeyedSingleton(key, (services, _) => Create(services));
        }

        if (!settings.DisableHealthChecks)
        {
            builder.Services.AddHealthChecks().Add(new HealthCheckRegistration(
                key is null ? checkName : $"{checkName}_{key}",
                services => new KafkaHealthCheck(
                    () => key is null ? services.GetRequiredService<TClient>() : services.GetRequiredKeyedService<TClient>(key), settings),
                failureStatus: null,
                tags: null));
        }
    }
}
