using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;
using Sluice.Guard.Contracts;
using Sluice.Guard.Hosting;
using Sluice.ServiceDefaults;

namespace Sluice.Guard.Tests.Hosting;

/// <summary>The service as others meet it: over gRPC, on a free port.</summary>
public sealed class GuardHostTests : IAsyncLifetime
{
    private const string Configuration = """
        name: shop
        guards:
          open: { type: inline, options: { identity: svc, credentials: s3cret, format: "{identity}:{credentials}" } }
        """;

    private readonly string _file = Path.GetTempFileName();
    private WebApplication _app = null!;
    private GrpcChannel _channel = null!;
    private Contracts.Guard.GuardClient _guard = null!;
    private HttpClient _admin = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_file, Configuration, Cancellation);
        WebApplicationBuilder builder = ServiceHost.CreateBuilder("guard", ["--urls=http://127.0.0.1:0", "--SLUICE_GRPC_PORT=0", $"--SLUICE_CONFIG={_file}"]);
        GuardHost.Build(builder);
        _app = builder.Build();
        _app.MapDefaultEndpoints();
        GuardHost.Map(_app);
        await _app.StartAsync(Cancellation);
        string[] urls = [.. _app.Urls];
        _admin = new HttpClient { BaseAddress = new Uri(urls[0]) };
        _channel = GrpcChannel.ForAddress(urls[1]);
        _guard = new Contracts.Guard.GuardClient(_channel);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        _admin.Dispose();
        await _app.DisposeAsync();
        File.Delete(_file);
    }

    [Fact]
    public async Task Credentials_become_a_session_that_passes_whatever_the_roles()
    {
        Session session = await ReauthorizeAsync(7, "ada:pass:word");
        Assert.NotEqual(0, session.Session_);
        Assert.Equal("ada", session.Identity);
        Assert.Equal("", session.Credentials);
        Assert.False(session.HasExpiresAtMs);
        Assert.True(await VerifyAsync(session.Session_, "orders:write"));
        Session known = await _guard.DescribeAsync(new DescribeRequest { Guard = "shop:open", Session = session.Session_ }, cancellationToken: Cancellation);
        Assert.Equal("pass:word", known.Credentials);
    }

    [Fact]
    public async Task A_session_ends_when_every_reference_is_given_back()
    {
        Session first = await ReauthorizeAsync(7, "ada:x");
        Assert.Equal(first.Session_, (await ReauthorizeAsync(7, "ada:x")).Session_);
        await DeauthorizeAsync(first.Session_);
        Assert.True(await VerifyAsync(first.Session_));
        await DeauthorizeAsync(first.Session_);
        Assert.False(await VerifyAsync(first.Session_));
        await DeauthorizeAsync(first.Session_);
    }

    [Fact]
    public async Task Another_connection_gets_its_own_session() =>
        Assert.NotEqual((await ReauthorizeAsync(1, "ada:x")).Session_, (await ReauthorizeAsync(2, "ada:x")).Session_);

    [Fact]
    public async Task Without_a_session_the_configured_identity_is_presented()
    {
        Session own = await _guard.DescribeAsync(new DescribeRequest { Guard = "shop:open" }, cancellationToken: Cancellation);
        Assert.Equal((0, "svc", "s3cret"), (own.Session_, own.Identity, own.Credentials));
    }

    [Fact]
    public async Task An_unknown_guard_is_not_found()
    {
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () =>
            await _guard.ReauthorizeAsync(new ReauthorizeRequest { Guard = "shop:none" }, cancellationToken: Cancellation));
        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
        Assert.Contains("shop:none", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_admin_address_answers_beside_grpc() => Assert.Equal("Healthy", await _admin.GetStringAsync("/health", Cancellation));

    private async Task<Session> ReauthorizeAsync(long context, string credentials) => await _guard.ReauthorizeAsync(
        new ReauthorizeRequest { Guard = "shop:open", Context = context, Credentials = credentials }, cancellationToken: Cancellation);

    private async Task<bool> VerifyAsync(long session, params string[] roles) => (await _guard.VerifyAsync(
        new VerifyRequest { Guard = "shop:open", Session = session, Roles = { roles } }, cancellationToken: Cancellation)).Authorized;

    private async Task DeauthorizeAsync(long session) =>
        await _guard.DeauthorizeAsync(new DeauthorizeRequest { Guard = "shop:open", Session = session }, cancellationToken: Cancellation);
}
