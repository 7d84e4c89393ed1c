using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Sluice.Bench.Load;

/// <summary>A server under test, on the second core; on loopback, on a free port.</summary>
internal sealed class HttpServerProcess : IAsyncDisposable
{
    private const int StartMsMax = 30_000;

    private readonly Process _process;
    private readonly string? _directory;

    private HttpServerProcess(string kind, int port, Process process, string? directory)
    {
        Kind = kind;
        Port = port;
        _process = process;
        _directory = directory;
    }

    public string Kind { get; }

    public int Port { get; }

    public List<double> PerSecond { get; } = [];

    public List<double> PerCpuSecond { get; } = [];

    /// <summary>CPU time of the process and its children so far: user and system.</summary>
    public double CpuSeconds
    {
        get
        {
            double sum = 0;
            foreach (int id in (int[])[_process.Id, .. Children()])
            {
                string stat = File.ReadAllText($"/proc/{id}/stat");
                string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                sum += (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / 100; // Ticks of 10 ms.
            }

            return sum;
        }
    }

    /// <summary>Starts one of <see cref="HttpServers"/>.</summary>
    public static Task<HttpServerProcess> StartAsync(string kind)
    {
        int port = FreePort();
        var start = new ProcessStartInfo(
            "taskset", ["-c", "1", "dotnet", typeof(HttpBench).Assembly.Location, "http-server", kind, port.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        if (kind == "kestrel-stock")
        {
            start.Environment["DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS"] = "1";
        }

        return WaitAsync(new HttpServerProcess(kind, port, Process.Start(start)!, null));
    }

    /// <summary>Starts nginx with one worker that answers with the bytes the others echo; null with a line that says why not.</summary>
    public static async Task<HttpServerProcess?> TryStartNginxAsync()
    {
        int port = FreePort();
        string directory = Directory.CreateTempSubdirectory("sluice-nginx-").FullName;
        string configuration = Path.Combine(directory, "nginx.conf");
        await File.WriteAllTextAsync(configuration, $$"""
            daemon off;
            worker_processes 1;
            pid {{directory}}/pid;
            events { worker_connections 4096; }
            http {
              access_log off;
              keepalive_requests 1000000000;
              client_body_temp_path {{directory}}/body;
              proxy_temp_path {{directory}}/proxy;
              fastcgi_temp_path {{directory}}/fastcgi;
              uwsgi_temp_path {{directory}}/uwsgi;
              scgi_temp_path {{directory}}/scgi;
              server {
                listen 127.0.0.1:{{port}};
                location / { default_type text/plain; return 200 "hello, world\n"; }
              }
            }
            """).ConfigureAwait(false);
        try
        {
            Process process = Process.Start(new ProcessStartInfo(
                "taskset", ["-c", "1", "nginx", "-p", directory, "-c", configuration, "-e", Path.Combine(directory, "error.log")]) { RedirectStandardInput = true })!;
            return await WaitAsync(new HttpServerProcess("nginx", port, process, directory)).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            Console.Error.WriteLine($"bench: without nginx, http_ratio_to_nginx is left out: {exception.Message}");
            return null;
        }
    }

    /// <summary>Live managed bytes of a server of ours.</summary>
    public async Task<long> MemoryAsync()
    {
        await _process.StandardInput.WriteLineAsync("memory").ConfigureAwait(false);
        await _process.StandardInput.FlushAsync().ConfigureAwait(false);
        string? line = await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
        return long.Parse(line ?? throw new IOException($"{Kind} ended"), CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            if (_directory is null)
            {
                _process.StandardInput.Close();
            }
            else
            {
                using Process kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]); // The master ends its worker.
            }

            try
            {
                await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        _process.Dispose();
        if (_directory is not null)
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private static async Task<HttpServerProcess> WaitAsync(HttpServerProcess server)
    {
        long deadline = Environment.TickCount64 + StartMsMax;
        while (true)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, server.Port)).ConfigureAwait(false);
                return server;
            }
            catch (SocketException)
            {
                if (server._process.HasExited || Environment.TickCount64 > deadline)
                {
                    await server.DisposeAsync().ConfigureAwait(false);
                    throw new IOException($"{server.Kind} did not start on port {server.Port}");
                }

                await Task.Delay(50).ConfigureAwait(false);
            }
        }
    }

    private IEnumerable<int> Children()
    {
        string[] children = File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return children.Select(child => int.Parse(child, CultureInfo.InvariantCulture));
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
