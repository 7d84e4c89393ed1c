using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;

namespace Sluice.Suite.Tests;

/// <summary>What the README promises, over shared memory as it is started.</summary>
public sealed class QuickstartTests(QuickstartTests.Fixture fixture) : QuickstartChecks(fixture.Suite), IClassFixture<QuickstartTests.Fixture>
{
    [Fact]
    public async Task A_large_item_is_sent_from_the_segment_that_Edge_has_mapped()
    {
        RunningSuite suite = fixture.Suite;
        string path = $"/items/{Guid.NewGuid():N}";
        string value = JsonSerializer.Serialize(Enumerable.Range(0, 40_000));
        Assert.Equal(HttpStatusCode.NoContent, (await suite.Http.PutAsync(path, new StringContent(value))).StatusCode);
        await Eventually.TrueAsync(
            async () =>
            {
                Assert.Equal(value, await suite.Http.GetStringAsync(path));
                return File.ReadLines($"/proc/{suite.ProcessId("edge")}/maps").Any(line => line.Contains("/items-snapshots-", StringComparison.Ordinal));
            },
            "Edge has the segment mapped");
        Assert.Equal(value, await suite.Http.GetStringAsync(path));
    }

    public sealed class Fixture() : SuiteFixture();
}

/// <summary>The same with every link over gRPC, as between hosts: segments are not mapped, records come as frames.</summary>
public sealed class GrpcQuickstartTests(GrpcQuickstartTests.Fixture fixture) : QuickstartChecks(fixture.Suite), IClassFixture<GrpcQuickstartTests.Fixture>
{
    public sealed class Fixture() : SuiteFixture("--links", "grpc");
}

/// <summary>The same with two processes of each room: what one acknowledged, all others show.</summary>
public sealed class ReplicatedQuickstartTests(ReplicatedQuickstartTests.Fixture fixture) : QuickstartChecks(fixture.Suite), IClassFixture<ReplicatedQuickstartTests.Fixture>
{
    public sealed class Fixture() : SuiteFixture("--replicas", "edge=2,protocol-workers=2,kafka-cache=2");
}

/// <summary>A suite for all tests of a class.</summary>
public abstract class SuiteFixture(params string[] arguments) : IAsyncLifetime
{
    public RunningSuite Suite { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Suite = await RunningSuite.StartAsync(arguments: arguments);

    public async ValueTask DisposeAsync()
    {
        if (Suite is not null)
        {
            await Suite.DisposeAsync();
        }
    }
}

/// <summary>What the README promises, against the real processes.</summary>
public abstract class QuickstartChecks(RunningSuite suite)
{
    private const string Topic = "items-snapshots";

    private HttpClient Http => suite.Http;

    [Fact]
    public async Task An_item_is_written_read_found_unchanged_and_deleted()
    {
        string path = NewPath();
        Assert.Equal(HttpStatusCode.NotFound, (await Http.GetAsync(path)).StatusCode);

        HttpResponseMessage put = await Http.PutAsync(path, Json("""{"name":"lamp","price":9}"""));
        Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        Assert.Empty(await put.Content.ReadAsByteArrayAsync());

        HttpResponseMessage get = await Http.GetAsync(path); // At once: what was written can be read.
        Assert.Equal(HttpStatusCode.OK, get.StatusCode);
        Assert.Equal("""{"name":"lamp","price":9}""", await get.Content.ReadAsStringAsync());
        Assert.Equal("application/json", get.Content.Headers.ContentType?.MediaType);
        string etag = get.Headers.NonValidated["etag"].ToString();

        using var conditional = new HttpRequestMessage(HttpMethod.Get, path);
        conditional.Headers.TryAddWithoutValidation("if-none-match", etag);
        HttpResponseMessage unchanged = await Http.SendAsync(conditional);
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        Assert.Equal(etag, unchanged.Headers.NonValidated["etag"].ToString());

        Assert.Equal(HttpStatusCode.NoContent, (await Http.PutAsync(path, Json("""{"name":"lamp","price":8}"""))).StatusCode);
        using var again = new HttpRequestMessage(HttpMethod.Get, path);
        again.Headers.TryAddWithoutValidation("if-none-match", etag);
        HttpResponseMessage changed = await Http.SendAsync(again);
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal("""{"name":"lamp","price":8}""", await changed.Content.ReadAsStringAsync());

        Assert.Equal(HttpStatusCode.NoContent, (await Http.DeleteAsync(path)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await Http.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task The_list_has_each_item_once_and_not_the_deleted_ones()
    {
        string kept = Guid.NewGuid().ToString("N");
        string gone = Guid.NewGuid().ToString("N");
        await Http.PutAsync($"/items/{kept}", Json($$"""{"id":"{{kept}}","version":1}"""));
        await Http.PutAsync($"/items/{kept}", Json($$"""{"id":"{{kept}}","version":2}"""));
        await Http.PutAsync($"/items/{gone}", Json($$"""{"id":"{{gone}}"}"""));
        await Http.DeleteAsync($"/items/{gone}");

        HttpResponseMessage list = await Http.GetAsync("/items");
        Assert.Equal(HttpStatusCode.OK, list.StatusCode);
        Assert.Equal("application/json", list.Content.Headers.ContentType?.MediaType);
        string text = await list.Content.ReadAsStringAsync();
        using JsonDocument json = JsonDocument.Parse(text);
        List<JsonElement> mine = [.. json.RootElement.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out JsonElement id) && id.GetString() == kept)];
        Assert.Single(mine);
        Assert.Equal(2, mine[0].GetProperty("version").GetInt32());
        Assert.DoesNotContain(gone, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_post_makes_a_new_item_each_time_or_the_one_its_idempotency_key_names()
    {
        string marker = Guid.NewGuid().ToString("N");
        Assert.Equal(HttpStatusCode.NoContent, (await Http.PostAsync("/items", Json($$"""{"marker":"{{marker}}"}"""))).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await Http.PostAsync("/items", Json($$"""{"marker":"{{marker}}"}"""))).StatusCode);
        Assert.Equal(2, Count(await Http.GetStringAsync("/items"), marker));

        string key = Guid.NewGuid().ToString("N");
        using var post = new HttpRequestMessage(HttpMethod.Post, "/items") { Content = Json($$"""{"marker":"{{key}}"}""") };
        post.Headers.Add("idempotency-key", key);
        Assert.Equal(HttpStatusCode.NoContent, (await Http.SendAsync(post)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await Http.GetAsync($"/items/{key}")).StatusCode);
    }

    [Fact]
    public async Task A_record_of_an_outside_producer_appears_without_restart()
    {
        string key = Guid.NewGuid().ToString("N");
        using IProducer<string, string> producer = new ProducerBuilder<string, string>(new ProducerConfig { BootstrapServers = suite.Kafka }).Build();
        await producer.ProduceAsync(Topic, new Message<string, string> { Key = key, Value = $$"""{"from":"{{key}}"}""" });
        await Eventually.TrueAsync(async () => (await Http.GetStringAsync("/items")).Contains(key, StringComparison.Ordinal), "the record is in the list");
        await Eventually.TrueAsync(async () => (await Http.GetAsync($"/items/{key}")).StatusCode == HttpStatusCode.OK, "the record is found by key");
    }

    [Fact]
    public async Task An_outside_consumer_sees_key_value_and_headers()
    {
        string key = Guid.NewGuid().ToString("N");
        await Http.PutAsync($"/items/{key}", Json("""{"a":1}"""));
        await Http.DeleteAsync($"/items/{key}");
        using IConsumer<string, string?> consumer = new ConsumerBuilder<string, string?>(new ConsumerConfig
        {
            BootstrapServers = suite.Kafka,
            GroupId = $"test-{key}",
            AutoOffsetReset = AutoOffsetReset.Earliest,
            EnableAutoCommit = false,
        }).SetValueDeserializer(new NullableText()).Build();
        consumer.Subscribe(Topic);
        var mine = new List<ConsumeResult<string, string?>>();
        long deadline = Environment.TickCount64 + Eventually.DeadlineMs;
        while (mine.Count < 2)
        {
            Assert.True(Environment.TickCount64 < deadline, "the records did not come");
            if (consumer.Consume(TimeSpan.FromMilliseconds(200)) is { } result && result.Message?.Key == key)
            {
                mine.Add(result);
            }
        }

        consumer.Close();
        Assert.Equal("""{"a":1}""", mine[0].Message.Value);
        Assert.Equal("application/json", Encoding.UTF8.GetString(mine[0].Message.Headers.GetLastBytes("content-type")));
        Assert.Null(mine[1].Message.Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64 * 1024)]
    [InlineData(8 * 1024 * 1024)]
    public async Task A_body_of_any_size_is_kept_whole_or_refused_with_a_status(int bytes)
    {
        string path = NewPath();
        byte[] body = new byte[bytes];
        new Random(bytes).NextBytes(body);
        using var content = new ByteArrayContent(body);
        HttpResponseMessage put = await Http.PutAsync(path, content);
        if (bytes > 1024 * 1024)
        {
            Assert.Equal(HttpStatusCode.RequestEntityTooLarge, put.StatusCode); // The topic's max.message.bytes, 1 MiB by default.
            Assert.Equal(HttpStatusCode.NotFound, (await Http.GetAsync(path)).StatusCode);
            return;
        }

        Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        HttpResponseMessage get = await Http.GetAsync(path);
        Assert.Equal(bytes == 0 ? HttpStatusCode.NoContent : HttpStatusCode.OK, get.StatusCode);
        Assert.Equal(body, await get.Content.ReadAsByteArrayAsync());
        await Http.DeleteAsync(path); // It is no JSON, and the list is verbatim.
    }

    [Fact]
    public async Task Two_hundred_parallel_clients_lose_nothing()
    {
        const int Clients = 200;
        const int Writes = 5;
        string run = Guid.NewGuid().ToString("N");
        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            for (int i = 0; i < Writes; i++)
            {
                HttpResponseMessage put = await Http.PutAsync($"/items/{run}-{client}-{i}", Json($$"""{"run":"{{run}}","n":{{(client * Writes) + i}}}"""));
                Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
                HttpResponseMessage get = await Http.GetAsync($"/items/{run}-{client}-{i}");
                Assert.Equal(HttpStatusCode.OK, get.StatusCode);
            }
        }));
        Assert.Equal(Clients * Writes, Count(await Http.GetStringAsync("/items"), run));
    }

    [Theory]
    [InlineData("GET", "/nothing")]
    [InlineData("PATCH", "/items/7")]
    [InlineData("GET", "/items/")]
    public async Task What_no_route_takes_is_404_and_the_connection_stays(string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        HttpResponseMessage response = await Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal(0, response.Content.Headers.ContentLength);
        Assert.NotEqual(true, response.Headers.ConnectionClose);
    }

    [Fact]
    public async Task A_waiting_reader_hears_of_a_change_when_it_happens()
    {
        string path = NewPath();
        await Http.PutAsync(path, Json("1"));
        string etag = (await Http.GetAsync(path)).Headers.NonValidated["etag"].ToString();
        using var wait = new HttpRequestMessage(HttpMethod.Get, path);
        wait.Headers.TryAddWithoutValidation("if-none-match", etag);
        wait.Headers.TryAddWithoutValidation("prefer", "wait=30");
        Task<HttpResponseMessage> waiting = Http.SendAsync(wait);
        await Http.PutAsync(path, Json("2"));
        HttpResponseMessage changed = await waiting.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(HttpStatusCode.OK, changed.StatusCode);
        Assert.Equal("2", await changed.Content.ReadAsStringAsync());
    }

    private static string NewPath() => $"/items/{Guid.NewGuid():N}";

    private static StringContent Json(string text) => new(text, new MediaTypeHeaderValue("application/json"));

    private static int Count(string text, string part) => text.Split(part).Length - 1;

    private sealed class NullableText : IDeserializer<string?>
    {
        public string? Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context) => isNull ? null : Encoding.UTF8.GetString(data);
    }
}
