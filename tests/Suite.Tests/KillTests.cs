using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Suite.Tests;

/// <summary>Promise P1: kill any process while requests flow; it returns by itself, and nothing acknowledged is lost.</summary>
public sealed class KillTests
{
    private const int Writers = 8;

    [Theory]
    [InlineData("edge")]
    [InlineData("protocol-workers")]
    [InlineData("kafka-cache")]
    [InlineData("kafka")]
    [InlineData("guard")]
    [InlineData("catalog")]
    public async Task A_killed_service_returns_and_every_acknowledged_item_is_still_there(string service)
    {
        await using RunningSuite suite = await RunningSuite.StartAsync(arguments: ["--services", "all"]);
        var acknowledged = new ConcurrentDictionary<string, byte>();
        using var stop = new CancellationTokenSource();
        Task[] writers = [.. Enumerable.Range(0, Writers).Select(i => Task.Run(() => WriteAsync(suite, i, acknowledged, stop.Token)))];
        await Eventually.TrueAsync(() => acknowledged.Count > 100, "requests flow");

        int old = suite.Kill(service);
        await suite.ReturnedAsync(service, old);
        int before = acknowledged.Count;
        await Eventually.TrueAsync(() => acknowledged.Count > before + 100, "requests flow again");
        await stop.CancelAsync();
        await Task.WhenAll(writers).WaitAsync(TimeSpan.FromSeconds(60));

        await Eventually.TrueAsync(
            async () =>
            {
                string list = await suite.Http.GetStringAsync("/items");
                return acknowledged.Keys.All(key => list.Contains(key, StringComparison.Ordinal));
            },
            $"all {acknowledged.Count} acknowledged items are in the list");
        string some = acknowledged.Keys.First();
        Assert.Equal(HttpStatusCode.OK, (await suite.Http.GetAsync($"/items/{some}")).StatusCode);
    }

    private static async Task WriteAsync(RunningSuite suite, int writer, ConcurrentDictionary<string, byte> acknowledged, CancellationToken stop)
    {
        using HttpClient http = suite.NewClient();
        for (int i = 0; !stop.IsCancellationRequested; i++)
        {
            string key = $"w{writer}-{i}-{Guid.NewGuid():N}";
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Put, $"/items/{key}") { Content = new StringContent($"\"{key}\"") };
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
                deadline.CancelAfter(10_000); // A request whose service died may never be answered; a client gives up.
                using HttpResponseMessage response = await http.SendAsync(request, deadline.Token);
                if (response.IsSuccessStatusCode)
                {
                    acknowledged[key] = 1;
                }
                else
                {
                    await Task.Delay(10, CancellationToken.None); // 503 while the service is away: come again.
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException or SocketException)
            {
                await Task.Delay(10, CancellationToken.None);
            }
        }
    }
}
