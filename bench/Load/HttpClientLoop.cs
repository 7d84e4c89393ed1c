using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Sluice.Frames;
using Sluice.Frames.Sockets;

namespace Sluice.Bench.Load;

/// <summary>
/// The load side of <c>bench/run http</c>, a process of its own on the other core: one engine drives all connections, two system calls and a
/// count of bytes a request, so that the server is what limits. Lines in: <c>PORT CONNECTIONS SECONDS</c>; lines out: answers counted, or <c>error TEXT</c>.
/// </summary>
internal static class HttpClientLoop
{
    /// <summary>What every server is asked, and what all of them answer with.</summary>
    public static readonly byte[] Request = Encoding.ASCII.GetBytes(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nhello, world\n");

    public static async Task RunAsync()
    {
        string directory = Directory.CreateTempSubdirectory("sluice-client-").FullName;
        await using (EngineGroup group = EngineGroup.Start(new EngineGroupOptions { Room = "client", EngineCount = 1, RunDirectory = directory }, _ => { }))
        {
            while (await Console.In.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                int[] words = [.. line.Split(' ').Select(word => int.Parse(word, CultureInfo.InvariantCulture))];
                await Console.Out.WriteLineAsync(await MeasureAsync(group.Engines[0], words[0], words[1], words[2]).ConfigureAwait(false)).ConfigureAwait(false);
            }
        }

        Directory.Delete(directory, recursive: true);
    }

    private static async Task<string> MeasureAsync(FrameEngine engine, int port, int connections, int seconds)
    {
        List<Client> clients = [];
        for (int i = 0; i < connections; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port)).ConfigureAwait(false);
            socket.Blocking = false;
            clients.Add(new Client(engine, socket));
        }

        clients.ForEach(client => engine.Post(client.Start));
        await Task.Delay(100).ConfigureAwait(false);
        long start = clients.Sum(client => Volatile.Read(ref client.Count));
        await Task.Delay(TimeSpan.FromSeconds(seconds)).ConfigureAwait(false);
        long count = clients.Sum(client => Volatile.Read(ref client.Count)) - start;
        foreach (Client client in clients)
        {
            var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            engine.Post(() =>
            {
                client.Stop();
                over.SetResult();
            });
            await over.Task.ConfigureAwait(false);
        }

        return clients.Select(client => client.Failure).FirstOrDefault(failure => failure is not null) is { } failure
            ? $"error {failure}"
            : count.ToString(CultureInfo.InvariantCulture);
    }

    private sealed class Client(FrameEngine engine, Socket socket) : IPollHandler
    {
        private readonly EngineSocket _native = EngineSocket.Borrow((int)socket.Handle);
        private readonly byte[] _buffer = new byte[16 * 1024];
        private long _ticket;
        private int _answerBytes; // All answers of a server are equally long; the first says how long.
        private int _received;

        public long Count;

        public string? Failure { get; private set; }

        public void Start()
        {
            _ticket = engine.Poller!.Add(_native.Descriptor, this);
            _native.Send(Request);
        }

        public void Stop()
        {
            engine.Poller!.Remove(_native.Descriptor, _ticket);
            socket.Dispose();
        }

        public void OnReady(Readiness readiness)
        {
            int received = _native.Receive(_buffer.AsSpan(_received));
            if (received == EngineSocket.WouldBlock)
            {
                return;
            }

            if (received <= 0)
            {
                Failure ??= "the server closed the connection";
                return;
            }

            _received += received;
            if (_answerBytes == 0 && !TryMeasure())
            {
                return;
            }

            if (_received >= _answerBytes)
            {
                if (_received > _answerBytes || !_buffer.AsSpan().StartsWith("HTTP/1.1 200"u8))
                {
                    Failure ??= $"an unexpected answer: {Encoding.Latin1.GetString(_buffer.AsSpan(0, Math.Min(_received, 200)))}";
                }

                _received = 0;
                Count++;
                _native.Send(Request);
            }
        }

        private bool TryMeasure()
        {
            ReadOnlySpan<byte> answer = _buffer.AsSpan(0, _received);
            int head = answer.IndexOf("\r\n\r\n"u8);
            string text = Encoding.Latin1.GetString(answer).ToUpperInvariant();
            int length = text.IndexOf("CONTENT-LENGTH: ", StringComparison.Ordinal);
            if (head < 0 || length < 0)
            {
                return false;
            }

            int digits = length + "CONTENT-LENGTH: ".Length;
            _answerBytes = head + 4 + int.Parse(text.AsSpan(digits, text.IndexOf('\r', digits) - digits), CultureInfo.InvariantCulture);
            return true;
        }
    }
}
