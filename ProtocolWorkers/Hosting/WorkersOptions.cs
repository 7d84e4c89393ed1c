using System.Globalization;
using Sluice.Frames;
using Sluice.Frames.Memory;
using Sluice.ServiceDefaults;

namespace Sluice.ProtocolWorkers.Hosting;

/// <summary>What the service's environment says.</summary>
/// <param name="RunDirectory">Where the suite's services meet; null for engines without links, as tests have them.</param>
/// <param name="Instance">This process's number among its kind, from 0; null for the first free one.</param>
/// <param name="ProduceTimeoutMs">How long a produced record may wait for its acknowledgement, 0 for ever.</param>
internal sealed record WorkersOptions(string? RunDirectory, int? Instance, int ProduceTimeoutMs)
{
    /// <summary>Engines of the process: one per core by default.</summary>
    public EngineSettings Engines { get; init; } = ReadEngines(_ => null);

    /// <summary>Memory that its streams may hold, in bytes; null for half of what the process may use.</summary>
    public long? MemoryBytes { get; init; }

    /// <summary>Reads the environment.</summary>
    /// <exception cref="ServiceStartException">Something is missing or no number.</exception>
    public static WorkersOptions Read(Func<string, string?> environment)
    {
        string? directory = environment("SLUICE_RUN_DIR");
        if (string.IsNullOrWhiteSpace(directory))
        {
            throw new ServiceStartException("SLUICE_RUN_DIR is not set; it names the directory where the suite's services meet, and AppHost sets it");
        }

        EngineSettings engines = ReadEngines(environment);
        return new WorkersOptions(
            directory,
            string.IsNullOrWhiteSpace(environment("SLUICE_INSTANCE")) ? null : ReadNumber(environment, "SLUICE_INSTANCE", 999),
            ReadNumber(environment, "SLUICE_PRODUCE_TIMEOUT_MS", 24 * 60 * 60 * 1000))
        {
            Engines = engines,
            MemoryBytes = MemoryBudget.TryParse(environment(MemoryBudget.Variable), engines.Count, out long bytes, out string? problem)
                ? bytes
                : throw ServiceStartException.Configuration(problem),
        };
    }

    private static EngineSettings ReadEngines(Func<string, string?> environment)
    {
        try
        {
            return EngineSettings.Read(environment, "WORKERS");
        }
        catch (FormatException exception)
        {
            throw ServiceStartException.Configuration(exception.Message);
        }
    }

    private static int ReadNumber(Func<string, string?> environment, string name, int max)
    {
        string? text = environment(name);
        if (string.IsNullOrWhiteSpace(text))
        {
            return 0;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= max
            ? number
            : throw new ServiceStartException($"{name} is '{text}'; it must be a whole number from 0 to {max}");
    }
}
