using System.Net;
using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.Running;

/// <summary>Asks one instance of a resource how it does.</summary>
internal sealed class HealthProbe
{
    /// <summary>An answer later than this counts as none.</summary>
    private const int TimeoutMs = 2000;

    // Asked once a minute, of processes that come and go: a connection that is kept helps nobody, and outlives them.
    private static readonly HttpClient Http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false, UseProxy = false, UseCookies = false, PooledConnectionLifetime = TimeSpan.Zero,
    })
    {
        Timeout = TimeSpan.FromMilliseconds(TimeoutMs),
    };

    private readonly RunContext _context;
    private readonly (HttpHealthCheckAnnotation Check, AllocatedEndpoint Endpoint)[] _http;
    private readonly HashSet<string> _keys;

    public HealthProbe(RunContext context, IResource resource, int index)
    {
        _context = context;
        _http = [.. resource.Annotations.OfType<HttpHealthCheckAnnotation>().Select(check =>
            (check, new EndpointReference((IResourceWithEndpoints)resource, check.EndpointName).Annotation.Instances[index]))];
        _keys = [.. resource.Annotations.OfType<HealthCheckAnnotation>().Select(annotation => annotation.Key)];
    }

    /// <summary>Whether there is anything to ask.</summary>
    public bool HasChecks => _http.Length > 0 || _keys.Count > 0;

    /// <summary>Asks everything once.</summary>
    public async Task<IReadOnlyList<HealthReportSnapshot>> CheckAsync(CancellationToken cancellationToken)
    {
        List<HealthReportSnapshot> reports = [];
        foreach ((HttpHealthCheckAnnotation check, AllocatedEndpoint endpoint) in _http)
        {
            reports.Add(await AskAsync(check, endpoint, cancellationToken).ConfigureAwait(false));
        }

        if (_keys.Count > 0)
        {
            HealthReport report = await _context.Services.GetRequiredService<HealthCheckService>()
                .CheckHealthAsync(registration => _keys.Contains(registration.Name), cancellationToken).ConfigureAwait(false);
            reports.AddRange(report.Entries.Select(entry => new HealthReportSnapshot(
                entry.Key, entry.Value.Status, entry.Value.Description, entry.Value.Exception?.Message)));
        }

        return reports;
    }

    private static async Task<HealthReportSnapshot> AskAsync(
        HttpHealthCheckAnnotation check, AllocatedEndpoint endpoint, CancellationToken cancellationToken)
    {
        string host = endpoint.Address == "localhost" ? "127.0.0.1" : endpoint.Address;
        UriBuilder address = new(endpoint.UriScheme, host, endpoint.Port) { Path = check.Path };
        HealthReportSnapshot Report(HealthStatus status, string description) => new($"GET {check.Path}", status, description, null);

        // While a process gets ready it is asked many times; a refused connection must not cost an exception each time.
        if (IPAddress.TryParse(host, out IPAddress? ip) && !await CanConnectAsync(new IPEndPoint(ip, endpoint.Port), cancellationToken).ConfigureAwait(false))
        {
            return Report(HealthStatus.Unhealthy, $"nothing listens on port {endpoint.Port}");
        }

        try
        {
            using HttpResponseMessage response = await Http.GetAsync(address.Uri, cancellationToken).ConfigureAwait(false);
            if ((int)response.StatusCode == check.StatusCode)
            {
                return Report(HealthStatus.Healthy, $"{(int)response.StatusCode}");
            }

            string body = await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            return Report(HealthStatus.Unhealthy, $"{(int)response.StatusCode} {(body.Length > 300 ? body[..300] : body).ReplaceLineEndings("; ")}");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or SocketException // The last when it dies just then.
            || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Report(HealthStatus.Unhealthy, exception is TaskCanceledException ? $"no answer within {TimeoutMs} ms" : exception.Message);
        }
    }

    private static async ValueTask<bool> CanConnectAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        using Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        TaskCompletionSource<SocketError> connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using SocketAsyncEventArgs attempt = new() { RemoteEndPoint = address };
        attempt.Completed += (_, done) => connected.TrySetResult(done.SocketError);
        if (!socket.ConnectAsync(attempt))
        {
            return attempt.SocketError == SocketError.Success;
        }

        using CancellationTokenRegistration registration = cancellationToken.Register(socket.Dispose);
        return await connected.Task.ConfigureAwait(false) == SocketError.Success;
    }
}
