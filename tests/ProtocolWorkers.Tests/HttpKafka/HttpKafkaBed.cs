using System.Text;
using Sluice.Configuration;
using Sluice.Configuration.Graph;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.ProtocolWorkers.HttpKafka;

namespace Sluice.ProtocolWorkers.Tests.HttpKafka;

/// <summary>An http-kafka binding between a scripted client and a scripted cache_client. Dispose fails the test on a leaked stream.</summary>
internal sealed class HttpKafkaBed : IDisposable
{
    private readonly long _id;

    /// <param name="routes">The binding's routes, one YAML flow mapping a line.</param>
    /// <param name="options">The binding's options, as a YAML flow mapping.</param>
    /// <param name="kafkaWindowBytes">Window that the kafka peer grants at once; 0 for none.</param>
    /// <param name="produceTimeoutMs">See <see cref="HttpKafkaOptions.Read"/>.</param>
    public HttpKafkaBed(string routes, string options = "{}", int kafkaWindowBytes = 64 * 1024, int produceTimeoutMs = 0)
    {
        BindingConfiguration binding = Load(routes, options);
        _id = binding.Id;
        Kafka = new ScriptedBinding(_ => new ScriptedStream { WindowBytes = kafkaWindowBytes });
        Test.Engine.Attach(_id, new HttpKafkaBinding(Test.Engine, HttpKafkaOptions.Read(binding, produceTimeoutMs)));
        Test.Engine.Attach(binding.Routes[0].Exit!.Id, Kafka);
    }

    public TestEngine Test { get; } = new("protocol-workers");

    /// <summary>The cache_client's side.</summary>
    public ScriptedBinding Kafka { get; }

    /// <summary>The one kafka stream there is.</summary>
    public ScriptedStream KafkaStream => Assert.Single(Kafka.Streams);

    /// <summary>Opens a request; the body is up to the test.</summary>
    public ScriptedStream Open(string method, string path, params string[] headers) => Open(new ScriptedStream(), method, path, headers);

    public ScriptedStream Open(ScriptedStream client, string method, string path, params string[] headers)
    {
        ExtensionWriter writer = HttpEx.Write(ExtensionWriter.Scratch);
        string[] pseudo = [":scheme=http", $":method={method}", $":path={path}", ":authority=localhost:7114"];
        foreach (string header in pseudo.Concat(headers))
        {
            int equals = header.IndexOf('=', 1);
            writer.AddHeader(header.AsSpan(0, equals), header.AsSpan(equals + 1));
        }

        writer.CloseHeaders();
        Test.Engine.Open(client, originId: 1, _id, writer.Written);
        Test.TurnUntilIdle();
        return client;
    }

    /// <summary>Opens a request without a body.</summary>
    public ScriptedStream Get(string path, params string[] headers)
    {
        ScriptedStream client = Open("GET", path, headers);
        client.Port.SendEnd();
        Test.TurnUntilIdle();
        return client;
    }

    /// <summary>Kafka's side opens its direction.</summary>
    public void Reply(ScriptedStream kafka, params long[] latest)
    {
        PartitionOffset[] offsets = [.. latest.Select((offset, partition) => new PartitionOffset(partition, offset))];
        kafka.Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, isCompacted: true, default, offsets));
        Test.TurnUntilIdle();
    }

    /// <summary>Kafka's side acknowledges a record and ends, as a cache_client does.</summary>
    public void Acknowledge(ScriptedStream kafka)
    {
        kafka.Port.SendFlush(KafkaFlushEx.WriteAcknowledged(ExtensionWriter.Scratch, 0, 7, 1000));
        kafka.Port.SendEnd();
        Test.TurnUntilIdle();
    }

    /// <summary>Kafka's side sends a whole record; null for a tombstone.</summary>
    public void Record(ScriptedStream kafka, string? value, long[] progress, params string[] headers)
    {
        byte[] extension = RecordExtension(Encoding.UTF8.GetByteCount(value ?? ""), progress, headers);
        bool isSent = value is null
            ? kafka.Port.TrySendNull(extension)
            : kafka.Port.TrySendData(Encoding.UTF8.GetBytes(value), DataFlags.Whole, extension);
        Assert.True(isSent, "the binding grants kafka a window");
        Test.TurnUntilIdle();
    }

    public static byte[] RecordExtension(int valueBytes, long[] progress, params string[] headers)
    {
        PartitionOffset[] offsets = [.. progress.Select((offset, partition) => new PartitionOffset(partition, offset))];
        ExtensionWriter writer = KafkaDataEx.WriteFetch(ExtensionWriter.Scratch, 1000, 0, progress[0] - 1, -1, valueBytes, offsets);
        writer.WriteString("k");
        writer.OpenHeaders();
        foreach (string header in headers)
        {
            int equals = header.IndexOf('=');
            writer.AddHeader(header.AsSpan(0, equals), header.AsSpan(equals + 1));
        }

        writer.CloseHeaders();
        return writer.Written.ToArray();
    }

    /// <summary>Kafka's side has sent all there was.</summary>
    public void CaughtUp(ScriptedStream kafka, bool isBounded = true)
    {
        if (!kafka.Port.IsOutOpen)
        {
            Reply(kafka, 8);
        }

        kafka.Port.SendFlush(KafkaFlushEx.WriteCaughtUp(ExtensionWriter.Scratch, [new PartitionOffset(0, 9)]));
        if (isBounded)
        {
            kafka.Port.SendEnd();
        }

        Test.TurnUntilIdle();
    }

    /// <summary>The response's head in one line: status, then headers by name; empty before it came.</summary>
    public static string ResponseOf(ScriptedStream client)
    {
        if (client.BeginExtension is null)
        {
            return "";
        }

        Assert.True(HttpEx.TryRead(client.BeginExtension, out HttpEx http));
        var headers = new List<string>();
        string status = "";
        foreach (Header header in http.Headers)
        {
            string value = Encoding.UTF8.GetString(header.Value);
            if (header.Name.SequenceEqual(":status"u8))
            {
                status = value;
            }
            else
            {
                headers.Add($" {Encoding.UTF8.GetString(header.Name)}={value}");
            }
        }

        headers.Sort(StringComparer.Ordinal);
        return status + string.Concat(headers);
    }

    /// <summary>What a kafka stream was opened for, in one line.</summary>
    public static string AskedOf(ScriptedStream kafka)
    {
        Assert.True(KafkaBeginEx.TryRead(kafka.BeginExtension, out KafkaBeginEx begin));
        string starts = string.Join(' ', begin.Starts.ToArray().Select(start => $"{start.Partition}:{start.Offset}"));
        return begin.Capabilities == KafkaCapabilities.Produce
            ? $"produce {Encoding.UTF8.GetString(begin.Topic)} acks {begin.Acks}"
            : $"fetch {Encoding.UTF8.GetString(begin.Topic)} {(begin.IsBounded ? "bounded" : "live")} starts [{starts}] filters {Describe(begin.Filters)}";
    }

    /// <summary>The record that the first piece announced, in one line: key, then headers in order.</summary>
    public static string RecordOf(ScriptedStream kafka)
    {
        int index = kafka.Log.FindIndex(line => line.StartsWith("DATA", StringComparison.Ordinal));
        Assert.True(KafkaDataEx.TryRead(kafka.Extensions[index], out KafkaDataEx record));
        var text = new StringBuilder(record.IsKeyNull ? "null" : $"'{Encoding.UTF8.GetString(record.Key)}'");
        foreach (Header header in record.Headers)
        {
            text.Append($" {Encoding.UTF8.GetString(header.Name)}={Encoding.UTF8.GetString(header.Value)}");
        }

        return text.ToString();
    }

    public void Dispose() => Test.Dispose();

    private static string Describe(KafkaFilters filters)
    {
        var reader = new ExtensionReader(filters.Encoded);
        var all = new List<string>();
        for (int i = reader.ReadInt32(); i > 0; i--)
        {
            var conditions = new List<string>();
            for (int left = reader.ReadInt32(); left > 0; left--)
            {
                conditions.Add(reader.ReadByte() == KafkaBeginEx.KeyCondition
                    ? $"key={Encoding.UTF8.GetString(reader.ReadBytes())}"
                    : $"{Encoding.UTF8.GetString(reader.ReadBytes())}={Encoding.UTF8.GetString(reader.ReadBytes())}");
            }

            all.Add(string.Join('&', conditions));
        }

        return $"[{string.Join(" | ", all)}]";
    }

    /// <summary>The binding of a configuration.</summary>
    public static BindingConfiguration Load(string routes, string options = "{}")
    {
        string text = $"""
            name: test
            bindings:
              api:
                type: http-kafka
                kind: proxy
                options: {options}
                routes:
            {string.Join('\n', routes.Split('\n').Select(route => $"      - {route.Trim()}"))}
              items: {"{"} type: kafka, kind: cache_client, exit: cache {"}"}
              cache: {"{"} type: kafka, kind: cache_server, exit: broker {"}"}
              broker: {"{"} type: kafka, kind: client, options: {"{"} servers: [ "localhost:9092" ] {"}"}, exit: dial {"}"}
              dial: {"{"} type: tcp, kind: client {"}"}
            """;
        LoadResult result = ConfigurationLoader.LoadText(text, "test.yaml");
        Assert.True(result.Configuration is not null, string.Join('\n', result.Errors));
        return result.Configuration.Find("test:api")!;
    }
}
