using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Sluice.Frames;
using Sluice.Frames.Sockets;

namespace Sluice.Bench.Load;

/// <summary>An epoll echo of 64-byte messages on one engine against the same loop written in C (bench/c/epoll_echo.c), in turns.</summary>
internal static class EngineBench
{
    private const int Rounds = 5;
    private const int MessageBytes = 64;

    public static async Task RunAsync(LoadOptions options)
    {
        string c = await CProgram.CompileAsync("epoll_echo").ConfigureAwait(false);
        var engine = new List<double>();
        var reference = new List<double>();
        int seconds = Math.Max(1, options.Seconds / Rounds);
        for (int i = 0; i <= Rounds; i++)
        {
            double ours = await MeasureAsync(port => ["dotnet", typeof(EngineBench).Assembly.Location, "engine-echo", port], options.Connections, seconds).ConfigureAwait(false);
            double theirs = await MeasureAsync(port => [c, port], options.Connections, seconds).ConfigureAwait(false);
            if (i > 0) // The first pair warms up.
            {
                engine.Add(ours);
                reference.Add(theirs);
            }
        }

        Figures.Print("tcp_echo_per_s", Median(engine));
        Figures.Print("tcp_echo_c_per_s", Median(reference));
        Figures.Print("tcp_echo_ratio_to_c", Median([.. engine.Zip(reference, (ours, theirs) => ours / theirs)]));
        File.Delete(c);
    }

    /// <summary>The echo server under test, on one engine; ends with its standard input.</summary>
    public static async Task RunServerAsync(int port)
    {
        string directory = Directory.CreateTempSubdirectory("sluice-echo-").FullName;
        await using (EngineGroup group = EngineGroup.Start(new EngineGroupOptions { Room = "echo", EngineCount = 1, RunDirectory = directory }, _ => { }))
        {
            using EngineSocket listener = EngineSocket.Listen(new IPEndPoint(IPAddress.Loopback, port), 1024);
            group.Engines[0].Post(() => group.Engines[0].Poller!.Add(listener.Descriptor, new Acceptor(group.Engines[0].Poller!, listener)));
            await Console.In.ReadToEndAsync().ConfigureAwait(false);
        }

        Directory.Delete(directory, recursive: true);
    }

    private static async Task<double> MeasureAsync(Func<string, string[]> command, int connections, int seconds)
    {
        int port = FreePort();
        string[] words = command(port.ToString(CultureInfo.InvariantCulture));
        using Process server = Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardInput = true })!;
        try
        {
            var address = new IPEndPoint(IPAddress.Loopback, port);
            var sockets = new List<Socket>();
            for (int i = 0; i < connections; i++)
            {
                sockets.Add(await ConnectAsync(address).ConfigureAwait(false));
            }

            long count = PingPong(sockets, seconds);
            sockets.ForEach(socket => socket.Dispose());
            return (double)count / seconds;
        }
        finally
        {
            server.StandardInput.Close();
            await server.WaitForExitAsync().ConfigureAwait(false);
        }
    }

    // One thread with an epoll of its own drives all connections: the same client for both servers, and it leaves the server a core.
    private static long PingPong(List<Socket> sockets, int seconds)
    {
        string directory = Directory.CreateTempSubdirectory("sluice-client-").FullName;
        using var engine = new ClientLoop(directory, sockets);
        long count = engine.Run(seconds);
        Directory.Delete(directory, recursive: true);
        return count;
    }

    private static async Task<Socket> ConnectAsync(IPEndPoint address)
    {
        long deadline = Environment.TickCount64 + 20_000;
        while (true)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(address).ConfigureAwait(false);
                socket.Blocking = false;
                return socket;
            }
            catch (SocketException) when (Environment.TickCount64 < deadline)
            {
                socket.Dispose();
                await Task.Delay(20).ConfigureAwait(false);
            }
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }

    private sealed class Acceptor(EnginePoller poller, EngineSocket listener) : IPollHandler
    {
        public void OnReady(Readiness readiness)
        {
            while (listener.Accept(out _) is { } socket)
            {
                _ = new Connection(poller, socket);
            }
        }
    }

    private sealed class Connection : IPollHandler
    {
        private static readonly byte[] Buffer = new byte[FrameLayout.PayloadBytesMax];
        private readonly EnginePoller _poller;
        private readonly EngineSocket _socket;
        private readonly long _ticket;

        public Connection(EnginePoller poller, EngineSocket socket)
        {
            _poller = poller;
            _socket = socket;
            _ticket = poller.Add(socket.Descriptor, this);
        }

        public void OnReady(Readiness readiness)
        {
            while (true)
            {
                int received = _socket.Receive(Buffer);
                if (received <= 0)
                {
                    if (received != EngineSocket.WouldBlock)
                    {
                        Close();
                    }

                    return;
                }

                if (_socket.Send(Buffer.AsSpan(0, received)) != received)
                {
                    Close();
                    return;
                }

                if (received < Buffer.Length)
                {
                    return;
                }
            }
        }

        private void Close()
        {
            _poller.Remove(_socket.Descriptor, _ticket);
            _socket.Dispose();
        }
    }

    private sealed class ClientLoop : IDisposable
    {
        private readonly FrameEngine _engine;
        private readonly EngineGroup _group;
        private long _count;

        public ClientLoop(string directory, List<Socket> sockets)
        {
            _group = EngineGroup.Start(new EngineGroupOptions { Room = "client", EngineCount = 1, RunDirectory = directory }, _ => { });
            _engine = _group.Engines[0];
            foreach (Socket socket in sockets)
            {
                EngineSocket native = EngineSocket.Borrow((int)socket.Handle);
                _engine.Post(() =>
                {
                    _engine.Poller!.Add(native.Descriptor, new Client(this, native));
                    native.Send(new byte[MessageBytes]);
                });
            }
        }

        public long Run(int seconds)
        {
            long start = Volatile.Read(ref _count);
            Task.Delay(TimeSpan.FromSeconds(seconds)).Wait();
            return Volatile.Read(ref _count) - start;
        }

        public void Dispose() => _group.DisposeAsync().AsTask().Wait();

        private sealed class Client(ClientLoop loop, EngineSocket socket) : IPollHandler
        {
            private readonly byte[] _buffer = new byte[4096];

            public void OnReady(Readiness readiness)
            {
                int received = socket.Receive(_buffer);
                if (received > 0)
                {
                    loop._count++;
                    _ = socket.Send(_buffer.AsSpan(0, received));
                }
            }
        }
    }
}
