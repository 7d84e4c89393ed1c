using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Sluice.Configuration;
using Sluice.Configuration.Graph;
using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using Sluice.KafkaCache.Segments;
using Sluice.ProtocolWorkers.Cache;
using Sluice.ProtocolWorkers.HttpKafka;
using Sluice.ProtocolWorkers.Tests.Cache;

namespace Sluice.ProtocolWorkers.Tests.HttpKafka;

/// <summary>The example of docs/bindings/http-kafka.md does what the page says, through both bindings to real segments.</summary>
public sealed class DocumentationTests
{
    [Fact]
    public void The_example_of_the_page_answers_as_the_page_says()
    {
        string page = File.ReadAllText(Path.Combine(Root(), "docs", "bindings", "http-kafka.md"));
        LoadResult result = ConfigurationLoader.LoadText(Fence(page, "yaml"), "http-kafka.md");
        Assert.True(result.Configuration is not null, string.Join('\n', result.Errors));
        using var gateway = new Gateway(result.Configuration);

        Assert.Equal("204", gateway.Ask("PUT", "/items/7", "{\"name\":\"lamp\"}"));
        Assert.Equal("200 content-length=15 etag=AQIAAg== {\"name\":\"lamp\"}", gateway.Ask("GET", "/items/7"));
        Assert.Equal("304 etag=AQIAAg==", gateway.Ask("GET", "/items/7", headers: "if-none-match=AQIAAg=="));
        Assert.Equal("200 content-type=application/json etag=AQIAAA== [{\"name\":\"lamp\"}]", gateway.Ask("GET", "/items"));
        Assert.Equal("204", gateway.Ask("POST", "/items", "{\"name\":\"rope\"}"));
        Assert.Equal("304 etag=AQIAAg==", gateway.Ask("GET", "/items/7", headers: "if-none-match=AQIAAg=="));
        Assert.Equal("200 content-type=application/json etag=AQIAAg== [{\"name\":\"lamp\"},{\"name\":\"rope\"}]", gateway.Ask("GET", "/items"));
        Assert.Equal("204", gateway.Ask("DELETE", "/items/7"));
        Assert.Equal("404 content-length=0", gateway.Ask("GET", "/items/7"));
        Assert.Equal("200 content-type=application/json etag=AQIABA== [{\"name\":\"rope\"}]", gateway.Ask("GET", "/items"));
    }

    private static string Root()
    {
        DirectoryInfo? directory = new(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "Suite.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new DirectoryNotFoundException("the tests run inside the tree");
    }

    private static string Fence(string page, string language)
    {
        int start = page.IndexOf($"```{language}\n", StringComparison.Ordinal) + language.Length + 4;
        return page[start..page.IndexOf("```", start, StringComparison.Ordinal)];
    }

    /// <summary>Both bindings of the room, and a cache_server that writes what it is given to its segments.</summary>
    private sealed class Gateway : IDisposable
    {
        private readonly TestEngine _test = new("protocol-workers");
        private readonly string _root = Directory.CreateTempSubdirectory("sluice-page-").FullName;
        private readonly CacheDirectory _directory;
        private readonly TopicWriter _topic;
        private readonly CacheClientBinding _client;
        private readonly long _api;

        public Gateway(GatewayConfiguration configuration)
        {
            _directory = CacheDirectory.Create(_root, "test");
            _topic = _directory.CreateTopic("items-snapshots", 1, isCompacted: true);
            BindingConfiguration api = configuration.Find("quickstart:items_api")!;
            BindingConfiguration client = configuration.Find("quickstart:items_cache")!;
            _api = api.Id;
            _client = new CacheClientBinding(_test.Engine, CacheClientOptions.Read(client), NullLogger.Instance);
            _test.Engine.Attach(api.Id, new HttpKafkaBinding(_test.Engine, HttpKafkaOptions.Read(api)));
            _test.Engine.Attach(client.Id, _client);
            _test.Engine.Attach(client.Exit!.Id, new ScriptedBinding(Accept));
        }

        public string Ask(string method, string path, string? body = null, params string[] headers)
        {
            ExtensionWriter writer = HttpEx.Write(ExtensionWriter.Scratch);
            foreach (string header in (string[])[$":method={method}", $":path={path}", .. headers])
            {
                int equals = header.IndexOf('=', 1);
                writer.AddHeader(header.AsSpan(0, equals), header.AsSpan(equals + 1));
            }

            writer.CloseHeaders();
            var stream = new ScriptedStream();
            _test.Engine.Open(stream, 1, _api, writer.Written);
            _test.TurnUntilIdle();
            if (body is not null)
            {
                stream.Send(body, DataFlags.None);
            }

            stream.Port.SendEnd();
            _test.TurnUntilIdle();
            return $"{HttpKafkaBed.ResponseOf(stream)} {stream.ReceivedText}".Trim();
        }

        public void Dispose()
        {
            _test.Advance(31_000);
            _test.Dispose();
            _client.Dispose();
            _topic.Dispose();
            _directory.Dispose();
            Directory.Delete(_root, recursive: true);
        }

        private ScriptedStream Accept(byte[] extension)
        {
            Assert.True(KafkaBeginEx.TryRead(extension, out KafkaBeginEx begin));
            return begin.Kind == KafkaStreamKind.Topic
                ? new ScriptedStream { WhenBegin = stream => stream.Port.SendBegin(KafkaReplyEx.Write(ExtensionWriter.Scratch, true, _topic.Path, default)) }
                : new ScriptedStream { WhenEnd = Write };
        }

        private void Write(ScriptedStream lane)
        {
            int first = lane.Log.FindIndex(line => line.StartsWith("DATA", StringComparison.Ordinal));
            Assert.True(KafkaDataEx.TryRead(lane.Extensions[first], out KafkaDataEx record));
            long offset = _topic[0].NextOffset;
            bool isTombstone = lane.Log[first] == "DATA whole null";
            CacheBed.Append(_topic, 0, Encoding.UTF8.GetString(record.Key), isTombstone ? null : lane.ReceivedText);
            lane.Port.SendBegin();
            lane.Port.SendFlush(KafkaFlushEx.WriteAcknowledged(ExtensionWriter.Scratch, 0, offset, 1000));
            lane.Port.SendEnd();
        }
    }
}
