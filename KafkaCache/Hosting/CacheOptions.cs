using System.Globalization;
using Sluice.Frames;
using Sluice.Frames.Memory;
using Sluice.KafkaCache.Produce;
using Sluice.ServiceDefaults;

namespace Sluice.KafkaCache.Hosting;

/// <summary>What the service's environment says.</summary>
internal sealed record CacheOptions
{
    /// <summary>Where the suite's services meet; null for engines without links, as tests have them.</summary>
    public required string? RunDirectory { get; init; }

    /// <summary>Where segments are kept.</summary>
    public required string CacheDirectory { get; init; }

    /// <summary>This process's number among its kind, from 0; null for the first free one.</summary>
    public int? Instance { get; init; }

    /// <summary>Engines. At most 4 by default: they only pass frames on, the work is librdkafka's and the fetch thread's.</summary>
    public EngineSettings Engines { get; init; } = ReadEngines(_ => null);

    /// <summary>What brokers know us by; each instance but the first adds its number, so that quotas and logs tell them apart.</summary>
    public string ClientId { get; init; } = "sluice";

    /// <summary>Memory that its streams may hold, in bytes; null for half of what the process may use.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Limits of the produce side.</summary>
    public ProduceSettings Produce { get; init; } = new();

    /// <summary>Reads the environment.</summary>
    /// <exception cref="ServiceStartException">A variable is missing or makes no sense.</exception>
    public static CacheOptions Read(Func<string, string?> environment)
    {
        var options = new CacheOptions { RunDirectory = Directory(environment, "SLUICE_RUN_DIR"), CacheDirectory = Directory(environment, "SLUICE_CACHE_DIR") };
        int? instance = string.IsNullOrEmpty(environment("SLUICE_INSTANCE")) ? null : Number(environment, "SLUICE_INSTANCE", 0, 999, 0);
        options = options with
        {
            Instance = instance,
            Engines = ReadEngines(environment),
            ClientId = (environment("SLUICE_KAFKA_CLIENT_ID") is { Length: > 0 } id ? id : options.ClientId) + (instance > 0 ? $"-{instance}" : ""),
            Produce = options.Produce with
            {
                TimeoutMs = Number(environment, "SLUICE_KAFKA_PRODUCE_TIMEOUT_MS", 1, int.MaxValue, options.Produce.TimeoutMs),
                BudgetBytes = Number(environment, "SLUICE_KAFKA_PRODUCE_BUDGET_MB", 1, 64 * 1024, (int)(options.Produce.BudgetBytes >> 20)) * 1024L * 1024,
            },
        };
        return MemoryBudget.TryParse(environment(MemoryBudget.Variable), options.Engines.Count, out long bytes, out string? problem)
            ? options with { MemoryBytes = bytes }
            : throw ServiceStartException.Configuration(problem);
    }

    private static EngineSettings ReadEngines(Func<string, string?> environment)
    {
        try
        {
            return EngineSettings.Read(environment, "CACHE", countMax: 4);
        }
        catch (FormatException exception)
        {
            throw ServiceStartException.Configuration(exception.Message);
        }
    }

    private static string Directory(Func<string, string?> environment, string name) =>
        environment(name) is { Length: > 0 } directory
            ? directory
            : throw ServiceStartException.Configuration($"{name} is not set; it names a directory of the suite, and AppHost sets it");

    private static int Number(Func<string, string?> environment, string name, int min, int max, int fallback)
    {
        string? text = environment(name);
        if (string.IsNullOrEmpty(text))
        {
            return fallback;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= min && number <= max
            ? number
            : throw ServiceStartException.Configuration($"{name} is '{text}'; it must be a whole number from {min} to {max}");
    }
}
