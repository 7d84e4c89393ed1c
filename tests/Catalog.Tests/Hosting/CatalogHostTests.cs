using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Sluice.Catalog.Contracts;
using Sluice.Catalog.Hosting;
using Sluice.ServiceDefaults;

namespace Sluice.Catalog.Tests.Hosting;

/// <summary>The service as others meet it: over gRPC, on a free port.</summary>
public sealed class CatalogHostTests : IAsyncLifetime
{
    private const string Configuration = """
        name: shop
        catalogs:
          shapes:
            type: inline
            options:
              subjects:
                orders-value: { schema: '{"type":"object"}' }
        """;

    private readonly string _file = Path.GetTempFileName();
    private WebApplication _app = null!;
    private GrpcChannel _channel = null!;
    private Contracts.Catalog.CatalogClient _catalog = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_file, Configuration, Cancellation);
        WebApplicationBuilder builder = ServiceHost.CreateBuilder("catalog", ["--urls=http://127.0.0.1:0", "--SLUICE_GRPC_PORT=0", $"--SLUICE_CONFIG={_file}"]);
        CatalogHost.Build(builder);
        _app = builder.Build();
        CatalogHost.Map(_app);
        await _app.StartAsync(Cancellation);
        _channel = GrpcChannel.ForAddress(_app.Urls.Last());
        _catalog = new Contracts.Catalog.CatalogClient(_channel);
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.DisposeAsync();
        File.Delete(_file);
    }

    [Theory]
    [InlineData("")]
    [InlineData("latest")]
    [InlineData("3")]
    public async Task A_subject_resolves_to_an_id_and_the_id_to_its_schema_whatever_the_version(string version)
    {
        ResolveSubjectReply subject = await _catalog.ResolveSubjectAsync(
            new ResolveSubjectRequest { Catalog = "shop:shapes", Subject = "orders-value", Version = version }, cancellationToken: Cancellation);
        ResolveIdReply schema = await _catalog.ResolveIdAsync(
            new ResolveIdRequest { Catalog = "shop:shapes", SchemaId = subject.SchemaId }, cancellationToken: Cancellation);
        Assert.Equal("""{"type":"object"}""", schema.Schema);
        Assert.Equal("", schema.SchemaType);
    }

    [Theory]
    [InlineData("shop:none", "orders-value")]
    [InlineData("shop:shapes", "nothing")]
    public async Task What_is_not_there_is_not_found_by_name(string catalog, string subject)
    {
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await _catalog.ResolveSubjectAsync(
            new ResolveSubjectRequest { Catalog = catalog, Subject = subject }, cancellationToken: Cancellation));
        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
        Assert.Contains(catalog, refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_id_is_not_found()
    {
        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await _catalog.ResolveIdAsync(
            new ResolveIdRequest { Catalog = "shop:shapes", SchemaId = 1 }, cancellationToken: Cancellation));
        Assert.Equal(StatusCode.NotFound, refused.StatusCode);
    }
}
