using System.Net;
using System.Text.Json;
using Sluice.Frames.Testing;

namespace Sluice.Suite.Tests;

/// <summary>Records that come as frames, since no memory is shared with the cache.</summary>
public sealed class RelayedReadTests
{
    private const int Writers = 8;
    private const int ItemsEach = 500;
    private const int ItemChars = 5000; // 20 MB in all: far more than sockets and windows hold for a client that does not read.

    [Fact]
    public async Task A_list_that_is_being_read_goes_on_when_the_cache_that_sends_it_dies()
    {
        await using RunningSuite suite = await RunningSuite.StartAsync(arguments: ["--links", "grpc", "--replicas", "kafka-cache=2"]);
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => WriteAsync(suite, writer)));
        using HttpClient client = suite.NewClient();
        using HttpResponseMessage response = await client.GetAsync("/items", HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await using Stream body = await response.Content.ReadAsStreamAsync();
        byte[] first = new byte[10_000];
        await body.ReadExactlyAsync(first);

        // One of them sends it; when that is gone the other one does.
        foreach (string cache in (string[])["kafka-cache-0", "kafka-cache-1"])
        {
            await suite.ReturnedAsync(cache, suite.Kill(cache));
            await Eventually.TrueAsync(async () => (await suite.Http.GetAsync($"/items/{Key(0, 0)}")).IsSuccessStatusCode, $"the topic is read without {cache}");
        }

        using var rest = new MemoryStream();
        await rest.WriteAsync(first);
        await body.CopyToAsync(rest).WaitAsync(TimeSpan.FromSeconds(60));
        string[] items = JsonSerializer.Deserialize<string[]>(rest.ToArray())!;
        string[] expected = [.. Enumerable.Range(0, Writers).SelectMany(writer => Enumerable.Range(0, ItemsEach).Select(item => Value(writer, item)))];
        Assert.Equal(expected.Length, items.Length);
        Assert.Equal(expected.Order(StringComparer.Ordinal), items.Order(StringComparer.Ordinal));
    }

    private static async Task WriteAsync(RunningSuite suite, int writer)
    {
        for (int item = 0; item < ItemsEach; item++)
        {
            using var content = new StringContent($"\"{Value(writer, item)}\"");
            using HttpResponseMessage response = await suite.Http.PutAsync($"/items/{Key(writer, item)}", content);
            Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        }
    }

    private static string Key(int writer, int item) => $"w{writer}-{item}";

    private static string Value(int writer, int item) => Key(writer, item).PadRight(ItemChars, '.');
}
