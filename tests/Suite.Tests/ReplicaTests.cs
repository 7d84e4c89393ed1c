using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Suite.Tests;

/// <summary>Several processes of each room: one dies, and service goes on without it.</summary>
public sealed class ReplicaTests
{
    private const int Clients = 8;

    // While the killed process starts again the others serve: this many requests in that time say so, on a busy machine too.
    private const int AcknowledgedMeanwhile = 50;

    [Theory]
    [InlineData("auto")]
    [InlineData("grpc")]
    public async Task One_of_two_processes_of_each_room_dies_and_requests_go_on_with_nothing_acknowledged_lost(string links)
    {
        await using RunningSuite suite = await RunningSuite.StartAsync(arguments: ["--links", links, "--replicas", "edge=2,protocol-workers=2,kafka-cache=2"]);
        var run = new Run(suite);
        await run.WhileItFlowsAsync(async () =>
        {
            foreach (string service in (string[])["kafka-cache-0", "protocol-workers-1", "edge-0", "kafka-cache-1", "protocol-workers-0", "edge-1"])
            {
                int old = suite.Kill(service);
                int before = run.Acknowledged.Count;
                await Eventually.TrueAsync(() => run.Acknowledged.Count > before + AcknowledgedMeanwhile, $"requests go on while {service} is away");
                await suite.ReturnedAsync(service, old);
            }
        });
        Assert.True(run.Missing.IsEmpty, $"{run.Missing.Count} of {run.Acknowledged.Count} items were not found after they were acknowledged, such as {run.Missing.FirstOrDefault()}");
        await Eventually.TrueAsync(
            async () =>
            {
                string list = await suite.Http.GetStringAsync("/items");
                return run.Acknowledged.Keys.All(key => list.Contains(key, StringComparison.Ordinal));
            },
            $"all {run.Acknowledged.Count} acknowledged items are in the list");
    }

    /// <summary>Clients that write an item and read it at once over another connection.</summary>
    private sealed class Run(RunningSuite suite)
    {
        public ConcurrentDictionary<string, byte> Acknowledged { get; } = new();

        /// <summary>Items that were acknowledged and whose next read was answered with 404.</summary>
        public ConcurrentBag<string> Missing { get; } = [];

        public async Task WhileItFlowsAsync(Func<Task> work)
        {
            using var stop = new CancellationTokenSource();
            Task[] clients = [.. Enumerable.Range(0, Clients).Select(i => Task.Run(() => WriteAndReadAsync(i, stop.Token)))];
            try
            {
                await Eventually.TrueAsync(() => Acknowledged.Count > AcknowledgedMeanwhile, "requests flow");
                await work();
            }
            finally
            {
                await stop.CancelAsync();
                await Task.WhenAll(clients).WaitAsync(TimeSpan.FromSeconds(60));
            }
        }

        private async Task WriteAndReadAsync(int client, CancellationToken stop)
        {
            using HttpClient writer = suite.NewClient();
            using HttpClient reader = suite.NewClient();
            for (int i = 0; !stop.IsCancellationRequested; i++)
            {
                string key = $"c{client}-{i}-{Guid.NewGuid():N}";
                if (await TryAsync(writer, HttpMethod.Put, key, stop) is HttpStatusCode.NoContent)
                {
                    Acknowledged[key] = 1;
                    await ReadAsync(reader, key, stop);
                }
            }
        }

        // Whoever dies may take a read along, which is then repeated; but what is answered must be right.
        private async Task ReadAsync(HttpClient reader, string key, CancellationToken stop)
        {
            HttpStatusCode? status = null;
            while (status is null or HttpStatusCode.ServiceUnavailable && !stop.IsCancellationRequested)
            {
                status = await TryAsync(reader, HttpMethod.Get, key, stop);
            }

            if (status is HttpStatusCode.NotFound)
            {
                Missing.Add(key);
            }
        }

        private static async Task<HttpStatusCode?> TryAsync(HttpClient http, HttpMethod method, string key, CancellationToken stop)
        {
            try
            {
                using var request = new HttpRequestMessage(method, $"/items/{key}");
                request.Content = method == HttpMethod.Put ? new StringContent($"\"{key}\"") : null;
                using var deadline = CancellationTokenSource.CreateLinkedTokenSource(stop);
                deadline.CancelAfter(10_000); // A request whose service died may never be answered; a client gives up.
                using HttpResponseMessage response = await http.SendAsync(request, deadline.Token);
                return response.StatusCode;
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException or SocketException)
            {
                return null;
            }
        }
    }
}
