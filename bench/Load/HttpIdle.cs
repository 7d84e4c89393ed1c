using System.Net;
using System.Net.Sockets;

namespace Sluice.Bench.Load;

/// <summary>
/// What a connection holds that has been used once and is idle now: live managed bytes, after a collection, by the difference that a thousand
/// connections make. The kernel's socket is not in it.
/// </summary>
internal static class HttpIdle
{
    private const int FewConnections = 200; // Pools and tables have their size by then.
    private const int MoreConnections = 1000;

    public static async Task RunAsync()
    {
        byte[] one = "x"u8.ToArray();
        await PrintAsync("idle_connection_bytes_engine", "tcp-engine", one).ConfigureAwait(false);
        await PrintAsync("idle_connection_bytes_stock", "tcp-stock", one).ConfigureAwait(false);
        await PrintAsync("idle_http_connection_bytes_engine", "edge-engine", HttpClientLoop.Request).ConfigureAwait(false);
        await PrintAsync("idle_http_connection_bytes_stock", "edge-stock", HttpClientLoop.Request).ConfigureAwait(false);
        await PrintAsync("idle_kestrel_connection_bytes_engine", "kestrel-engine", HttpClientLoop.Request).ConfigureAwait(false);
        await PrintAsync("idle_kestrel_connection_bytes_stock", "kestrel-stock", HttpClientLoop.Request).ConfigureAwait(false);
    }

    private static async Task PrintAsync(string key, string kind, byte[] request)
    {
        await using HttpServerProcess server = await HttpServerProcess.StartAsync(kind).ConfigureAwait(false);
        List<Socket> sockets = [];
        try
        {
            await ConnectAsync(sockets, server.Port, FewConnections, request).ConfigureAwait(false);
            long few = await server.MemoryAsync().ConfigureAwait(false);
            await ConnectAsync(sockets, server.Port, MoreConnections, request).ConfigureAwait(false);
            long more = await server.MemoryAsync().ConfigureAwait(false);
            Figures.Print(key, (double)(more - few) / MoreConnections);
        }
        finally
        {
            sockets.ForEach(socket => socket.Dispose());
        }
    }

    private static async Task ConnectAsync(List<Socket> sockets, int port, int count, byte[] request)
    {
        byte[] answer = new byte[4096];
        for (int i = 0; i < count; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            sockets.Add(socket);
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port)).ConfigureAwait(false);
            await socket.SendAsync(request).ConfigureAwait(false);
            if (await socket.ReceiveAsync(answer).ConfigureAwait(false) == 0)
            {
                throw new IOException($"the server on port {port} closed connection {i}");
            }
        }
    }
}
