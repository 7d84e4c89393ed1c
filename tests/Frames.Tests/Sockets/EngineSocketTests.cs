using System.Net;
using System.Net.Sockets;
using Sluice.Frames.Links;
using Sluice.Frames.Sockets;

namespace Sluice.Frames.Tests;

/// <summary>design.md §3 rule 1: the engine's own sockets, on Linux.</summary>
public sealed class EngineSocketTests
{
    [Fact]
    public async Task Connections_of_many_clients_are_echoed_by_one_engine_and_none_is_left()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "epoll is Linux only");
        string directory = Directory.CreateTempSubdirectory("sluice-sock-").FullName;
        var engine = new FrameEngine(0, "test", FifoDoorbell.Create(Path.Combine(directory, "bell")));
        using EngineSocket listener = EngineSocket.Listen(new IPEndPoint(IPAddress.Loopback, 0), 512);
        IPEndPoint address = listener.LocalEndPoint!;
        using (var thread = new EngineThread(engine))
        {
            var acceptor = new Acceptor(engine, listener);
            engine.Post(acceptor.Start);
            Task[] clients = [.. Enumerable.Range(0, 50).Select(i => Task.Run(() => EchoAsync(address, i)))];
            await Task.WhenAll(clients).WaitAsync(TimeSpan.FromSeconds(30));
            long deadline = Environment.TickCount64 + 10_000;
            while (engine.Poller!.Count > 1)
            {
                Assert.True(Environment.TickCount64 < deadline, "connections were left");
                await Task.Delay(5);
            }
        }

        Assert.Empty(Directory.GetFiles(directory));
        Directory.Delete(directory);
    }

    [Fact]
    public void A_busy_port_says_so()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "epoll is Linux only");
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        other.Listen();
        SocketException exception = Assert.Throws<SocketException>(() => EngineSocket.Listen((IPEndPoint)other.LocalEndPoint!, 16));
        Assert.Equal(SocketError.AddressAlreadyInUse, exception.SocketErrorCode);
    }

    private static async Task EchoAsync(IPEndPoint address, int seed)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address);
        byte[] sent = new byte[200_000 + seed];
        new Random(seed).NextBytes(sent);
        Task sending = Task.Run(async () =>
        {
            for (int at = 0; at < sent.Length;)
            {
                at += await socket.SendAsync(sent.AsMemory(at));
            }

            socket.Shutdown(SocketShutdown.Send);
        });
        var received = new MemoryStream();
        byte[] buffer = new byte[8192];
        int count;
        while ((count = await socket.ReceiveAsync(buffer)) > 0)
        {
            received.Write(buffer, 0, count);
        }

        await sending;
        Assert.True(sent.AsSpan().SequenceEqual(received.ToArray()));
    }

    private sealed class Acceptor(FrameEngine engine, EngineSocket listener) : IPollHandler
    {
        public void Start()
        {
            Assert.True(engine.Poller!.Add(listener.Descriptor, this) >= 0);
        }

        public void OnReady(Readiness readiness)
        {
            while (listener.Accept(out IPEndPoint? remote) is { } socket)
            {
                Assert.NotNull(remote);
                _ = new Connection(engine, socket);
            }
        }
    }

    private sealed class Connection : IPollHandler
    {
        private readonly FrameEngine _engine;
        private readonly EngineSocket _socket;
        private readonly long _ticket;
        private readonly byte[] _buffer = new byte[16 * 1024];
        private int _start;
        private int _end;

        public Connection(FrameEngine engine, EngineSocket socket)
        {
            _engine = engine;
            _socket = socket;
            _ticket = engine.Poller!.Add(socket.Descriptor, this);
        }

        public void OnReady(Readiness readiness)
        {
            while (true)
            {
                while (_start < _end)
                {
                    int sent = _socket.Send(_buffer.AsSpan(_start, _end - _start));
                    if (sent < 0)
                    {
                        CloseUnless(sent);
                        return;
                    }

                    _start += sent;
                }

                int received = _socket.Receive(_buffer);
                if (received <= 0)
                {
                    CloseUnless(received);
                    return;
                }

                (_start, _end) = (0, received);
            }
        }

        private void CloseUnless(int result)
        {
            if (result != EngineSocket.WouldBlock)
            {
                _engine.Poller!.Remove(_socket.Descriptor, _ticket);
                _socket.Dispose();
            }
        }
    }
}
