using System.Globalization;

namespace Sluice.AppHost;

/// <summary>What the command line asks for. Read before anything is built, so that a mistake costs no start.</summary>
internal sealed class SuiteOptions
{
    private const string DefaultConfiguration = "examples/quickstart/sluice.yaml";
    private const int DefaultKafkaPort = 9092;

    private const string Usage = """
        Runs the Sluice suite on this machine.

          dotnet run --project AppHost -- [options]

          --config FILE       the gateway's configuration [examples/quickstart/sluice.yaml]
          --kafka HOST:PORT   use this Kafka instead of the embedded broker (or set ConnectionStrings__kafka)
          --kafka-port N      port of the embedded broker, 0 takes a free one [9092]
          --kafka-data DIR    where the embedded broker keeps its log [.sluice/kafka]
          --cache-dir DIR     where the Kafka cache keeps its segments [a folder that goes with the run]
          --links WORD        how services reach each other: auto, shm or grpc [SLUICE_LINKS, else auto: shared memory on one host]
          --replicas NAME=N   so many processes of edge, protocol-workers or kafka-cache; several with commas [1 each]
          --services WORD     all starts guard and catalog even where the configuration names none [used]
          --KEY:NAME VALUE    a configuration value of the app host, such as --ConnectionStrings:kafka HOST:PORT
          -h, --help          this text

        Publishing: --publisher manifest --output-path FILE.json, or --operation publish --step publish --output-path DIR.
        The embedded broker creates the topics that the configuration names: compacted those that are read by key. A topics.yaml beside
        the configuration says it instead, with partitions and settings.
        """;

    // The options of Aspire's own command line; they reach the builder untouched.
    private static readonly string[] HostOptions = ["operation", "step", "output-path", "publisher", "environment", "log-level", "deploy", "clear-cache"];
    private static readonly string[] HostSwitches = ["include-exception-details"];

    // Each pair of processes that talk has rings for each pair of engines: beyond this the memory goes there.
    private const int ReplicasMax = 32;

    private readonly Dictionary<string, int> _replicas = new() { ["edge"] = 1, ["protocol-workers"] = 1, ["kafka-cache"] = 1 };

    private bool _isAll;

    /// <summary>The gateway's configuration, absolute. Empty when publishing: the deployment brings it.</summary>
    public string ConfigurationFile { get; private set; } = "";

    /// <summary>The topics file beside the configuration, or null.</summary>
    public string? TopicsFile { get; private set; }

    /// <summary>The topics that the configuration names, for the embedded broker; empty when a topics file says them.</summary>
    public string Topics { get; private set; } = "";

    /// <summary>The Kafka cluster to use, HOST:PORT[,HOST:PORT…]; null when none was named here.</summary>
    public string? Kafka { get; private set; }

    /// <summary>The embedded broker's port, 0-65535; 0 takes a free one.</summary>
    public int KafkaPort { get; private set; } = DefaultKafkaPort;

    /// <summary>Where the embedded broker keeps its log, absolute.</summary>
    public string KafkaData { get; private set; } = Path.Combine(CallerFiles.Root, ".sluice", "kafka");

    /// <summary>Where the cache keeps its segments, absolute; null for a folder that goes with the run.</summary>
    public string? CacheDirectory { get; private set; }

    /// <summary>How services reach each other: auto, shm or grpc.</summary>
    public string Links { get; private set; } = Environment.GetEnvironmentVariable("SLUICE_LINKS") is { Length: > 0 } links ? links : "auto";

    /// <summary>Processes of each room that may have several.</summary>
    public IReadOnlyDictionary<string, int> Replicas => _replicas;

    /// <summary>Whether somebody asks the service of guards and vaults. A deployment has it: its configuration comes later.</summary>
    public bool HasGuards { get; private set; } = true;

    /// <summary>Whether somebody asks the service of catalogs, likewise.</summary>
    public bool HasCatalogs { get; private set; } = true;

    /// <summary>Where clients of the gateway connect, as the configuration says: <c>http://localhost:7114</c>.</summary>
    public IReadOnlyList<string> Listeners { get; private set; } = [];

    /// <summary>The options; null when there is nothing to run, after saying why and setting the exit code.</summary>
    public static SuiteOptions? Read(string[] args)
    {
        if (args.Contains("-h") || args.Contains("--help"))
        {
            Console.Out.WriteLine(Usage);
            return null;
        }

        SuiteOptions options = new();
        List<string> mistakes = [];
        string? configuration = null;
        bool isPublish = false;
        for (int i = 0; i < args.Length; i++)
        {
            string[] parts = args[i].Split('=', 2);
            string name = parts[0].StartsWith("--", StringComparison.Ordinal) ? parts[0][2..] : "";
            bool isKey = parts[0].Contains(':', StringComparison.Ordinal);
            if (HostSwitches.Contains(name) || (isKey && parts.Length == 2))
            {
                continue;
            }

            if (name.Length == 0 || !(isKey || IsKnown(name)))
            {
                mistakes.Add($"unknown argument '{args[i]}'; --help lists what there is");
                continue;
            }

            if ((parts.Length == 2 ? parts[1] : ++i < args.Length ? args[i] : null) is not { Length: > 0 } value)
            {
                mistakes.Add($"--{name} needs a value; --help lists what there is");
                continue;
            }

            isPublish |= name == "publisher" || (name == "operation" && value == "publish");
            configuration = name == "config" ? value : configuration;
            options.Take(name, value, mistakes);
        }

        if (!isPublish && mistakes.Count == 0)
        {
            options.Locate(configuration, mistakes);
        }

        return mistakes.Count == 0 ? options : Refuse(mistakes);
    }

    private static bool IsKnown(string name) =>
        name is "config" or "kafka" or "kafka-port" or "kafka-data" or "cache-dir" or "links" or "replicas" or "services" || HostOptions.Contains(name);

    private static SuiteOptions? Refuse(List<string> mistakes)
    {
        foreach (string mistake in mistakes)
        {
            // A mistake in the configuration keeps its shape file:line:col: message.
            Console.Error.WriteLine(mistake);
        }

        Environment.ExitCode = 2;
        return null;
    }

    private void Take(string name, string value, List<string> mistakes)
    {
        switch (name)
        {
            case "kafka" when IsAddressList(value):
                Kafka = value;
                break;
            case "kafka":
                mistakes.Add($"--kafka is HOST:PORT, such as localhost:9092, not '{value}'");
                break;
            case "kafka-port" when int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= 65535:
                KafkaPort = port;
                break;
            case "kafka-port":
                mistakes.Add($"--kafka-port is a number from 0 to 65535, not '{value}'");
                break;
            case "kafka-data":
                KafkaData = Path.GetFullPath(value);
                break;
            case "cache-dir":
                CacheDirectory = Path.GetFullPath(value);
                break;
            case "links" when value is "auto" or "shm" or "grpc":
                Links = value;
                break;
            case "links":
                mistakes.Add($"--links is auto, shm or grpc, not '{value}'");
                break;
            case "services" when value is "used" or "all":
                _isAll = value == "all";
                break;
            case "services":
                mistakes.Add($"--services is used or all, not '{value}'");
                break;
            case "replicas":
                Array.ForEach(value.Split(','), part => TakeReplicas(part, mistakes));
                break;
        }
    }

    // kafka-cache=2
    private void TakeReplicas(string part, List<string> mistakes)
    {
        string[] sides = part.Split('=', 2);
        bool isCount = sides.Length == 2 & int.TryParse(sides[^1], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count is >= 1 and <= ReplicasMax;
        if (isCount && _replicas.ContainsKey(sides[0]))
        {
            _replicas[sides[0]] = count;
        }
        else
        {
            mistakes.Add($"--replicas takes {string.Join(", ", _replicas.Keys)} with a number from 1 to {ReplicasMax}, such as kafka-cache=2, not '{part}'");
        }
    }

    private static bool IsAddressList(string value) => value.Split(',').All(address =>
        address.LastIndexOf(':') is > 0 and var colon
        && int.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and <= 65535);

    private void Locate(string? configuration, List<string> mistakes)
    {
        string? file = configuration is null
            ? CallerFiles.Existing(Path.Combine(CallerFiles.Root, DefaultConfiguration))
            : CallerFiles.Find(configuration);
        if (file is null)
        {
            mistakes.Add($"{configuration ?? DefaultConfiguration}: no such configuration file; name one with --config FILE");
            return;
        }

        ConfigurationFile = file;
        TopicsFile = CallerFiles.Existing(Path.Combine(Path.GetDirectoryName(file)!, "topics.yaml"));
        if (GatewayListeners.Load(file, mistakes) is { } gateway)
        {
            Listeners = GatewayListeners.Of(gateway);
            Topics = TopicsFile is null ? GatewayTopics.Of(gateway) : "";
            HasGuards = IsNeeded("guard", "guard or vault", gateway.Guards.Count + gateway.Vaults.Count > 0);
            HasCatalogs = IsNeeded("catalog", "catalog", gateway.Catalogs.Count > 0);
        }
    }

    // Some 70 MB each, for nobody.
    private bool IsNeeded(string service, string kinds, bool isNamed)
    {
        if (!isNamed && !_isAll)
        {
            Console.Out.WriteLine($"{service} is left out: the configuration names no {kinds} (--services all starts it)");
        }

        return isNamed || _isAll;
    }
}
