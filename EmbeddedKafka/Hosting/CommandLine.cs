using System.CommandLine;
using System.CommandLine.Help;
using Sluice.EmbeddedKafka.Net;
using Sluice.ServiceDefaults;

namespace Sluice.EmbeddedKafka.Hosting;

/// <summary>The options of the program. Each can come from the environment too: <c>--data</c> is SLUICE_EMBEDDEDKAFKA_DATA.</summary>
internal static class CommandLine
{
    private const string EnvironmentPrefix = "SLUICE_EMBEDDEDKAFKA_";

    private static readonly BrokerOptions Defaults = new();

    private static readonly Option<string?> Data = Text("--data", "DIR", $"where the log is kept [{Defaults.DataDirectory}]");
    private static readonly Option<string?> Port = Text("--port", "N", "port to listen on, 0 takes a free one [9092]");
    private static readonly Option<string?> Host = Text("--host", "ADDR", "IP address to listen on [127.0.0.1]");
    private static readonly Option<string?> Advertised = Text("--advertised", "HOST:PORT", "address told to clients [the one they came in by]");
    private static readonly Option<string?> PortFile = Text("--port-file", "FILE", "file to write the port to once it listens");
    private static readonly Option<string?> TopicsFile = Text("--topics-file", "FILE", "YAML file of topics that exist from the start");
    private static readonly Option<string[]> Topic = new("--topic")
    {
        HelpName = "name[:partitions[:k=v[;k=v]]]",
        Description = "a topic that exists from the start; may be repeated (in the environment: separated by spaces)",
    };

    private static readonly Option<string?> AutoCreate = Text("--auto-create", "true|false", "create topics clients ask for by name [true]");
    private static readonly Option<string?> Partitions = Text("--default-partitions", "N", "partitions of topics created without a number [1]");
    private static readonly Option<string?> Fsync = Text("--fsync", "interval|sync", "when batches are put on the disk [interval, 1 s]");

    private static readonly Option<string[]> User = new("--user")
    {
        HelpName = "NAME:PASSWORD",
        Description = "who may connect, by SASL PLAIN or SCRAM [everybody]; may be repeated (in the environment: separated by spaces)",
    };

    private static readonly Option<string?> TlsCert = Text("--tls-cert", "FILE", "certificate in PEM; with it connections speak TLS");
    private static readonly Option<string?> TlsKey = Text("--tls-key", "FILE", "private key of the certificate, in PEM");

    /// <summary>The launch, or null and an exit code when there is nothing to launch.</summary>
    public static (Launch? Launch, int ExitCode) Read(string[] args, Func<string, string?> environment, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("Sluice EmbeddedKafka: a single-node, durable broker that speaks the Kafka protocol")
        {
            Data, Port, Host, Advertised, PortFile, TopicsFile, Topic, AutoCreate, Partitions, Fsync, User, TlsCert, TlsKey,
        };
        var parsed = root.Parse(args);
        if (parsed.Action is not null && parsed.Errors.Count == 0)
        {
            return (null, parsed.Invoke(new InvocationConfiguration { Output = output, Error = error }));
        }

        var mistakes = parsed.Errors.Select(mistake => $"embedded-kafka: {mistake.Message}").ToList();
        string? Value(Option<string?> option) => parsed.GetValue(option) ?? Environment(option, environment);
        var topics = Topics(parsed.GetValue(Topic) ?? [], Environment(Topic, environment), Value(TopicsFile), mistakes);
        var options = new BrokerOptions
        {
            DataDirectory = Value(Data) ?? Defaults.DataDirectory,
            Host = Value(Host) ?? Defaults.Host,
            Port = Number(Port, Value(Port), 0, 65535, Defaults.Port, mistakes),
            Advertised = Value(Advertised),
            AutoCreateTopics = Word(AutoCreate, Value(AutoCreate), "true", "false", mistakes) == "true",
            DefaultPartitions = Number(Partitions, Value(Partitions), 1, 1000, Defaults.DefaultPartitions, mistakes),
            SyncEveryBatch = Word(Fsync, Value(Fsync), "interval", "sync", mistakes) == "sync",
            Topics = topics,
            Users = Users([.. parsed.GetValue(User) ?? [], .. Words(Environment(User, environment))], mistakes),
            TlsCertificateFile = Value(TlsCert),
            TlsKeyFile = Value(TlsKey),
        };
        try
        {
            HostAndPort.Parse(options.Advertised);
        }
        catch (ServiceStartException e)
        {
            mistakes.AddRange(e.Lines.Select(line => $"embedded-kafka: {line}"));
        }

        mistakes.ForEach(error.WriteLine);
        return mistakes.Count > 0 ? (null, ServiceExitCodes.ConfigurationError) : (new Launch(options, Value(PortFile)), 0);
    }

    private static Option<string?> Text(string name, string helpName, string description) =>
        new(name) { HelpName = helpName, Description = description };

    // --topics-file -> SLUICE_EMBEDDEDKAFKA_TOPICS_FILE
    private static string Variable(Option option) => EnvironmentPrefix + option.Name.TrimStart('-').Replace('-', '_').ToUpperInvariant();

    private static string? Environment(Option option, Func<string, string?> environment) =>
        environment(Variable(option)) is { Length: > 0 } value ? value : null;

    private static List<TopicSpec> Topics(string[] given, string? fromEnvironment, string? file, List<string> mistakes)
    {
        var topics = file is null ? [] : TopicsFileReader.Read(file, mistakes);
        foreach (string text in given.Concat(Words(fromEnvironment)))
        {
            try
            {
                topics.Add(TopicSpec.Parse(text));
            }
            catch (FormatException e)
            {
                mistakes.Add($"embedded-kafka: {e.Message}");
            }
        }

        return topics;
    }

    private static string[] Words(string? text) => (text ?? "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    private static Dictionary<string, string> Users(string[] given, List<string> mistakes)
    {
        var users = new Dictionary<string, string>();
        foreach (string user in given)
        {
            int colon = user.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0 || colon == user.Length - 1)
            {
                // Not what was given: it may hold a password.
                mistakes.Add($"embedded-kafka: {User.Name} (or {Variable(User)}) is NAME:PASSWORD");
                continue;
            }

            users[user[..colon]] = user[(colon + 1)..];
        }

        return users;
    }

    private static int Number(Option option, string? text, int min, int max, int fallback, List<string> mistakes)
    {
        if (text is null)
        {
            return fallback;
        }

        if (int.TryParse(text, out int number) && number >= min && number <= max)
        {
            return number;
        }

        mistakes.Add($"embedded-kafka: {option.Name} (or {Variable(option)}) is a number from {min} to {max}, not '{text}'");
        return fallback;
    }

    private static string Word(Option option, string? text, string usual, string other, List<string> mistakes)
    {
        if (text is not null && text != usual && text != other)
        {
            mistakes.Add($"embedded-kafka: {option.Name} (or {Variable(option)}) is {usual} or {other}, not '{text}'");
        }

        return text == other ? other : usual;
    }
}
