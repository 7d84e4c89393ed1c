using Grpc.Core;
using Sluice.Catalog.Contracts;
using Sluice.Catalog.Registries;

namespace Sluice.Catalog.Hosting;

/// <summary>The gRPC door of the room: catalog.proto on the catalogs of the configuration.</summary>
internal sealed class CatalogService(CatalogTable catalogs) : Contracts.Catalog.CatalogBase
{
    private const string Latest = "latest";

    public override async Task<ResolveSubjectReply> ResolveSubject(ResolveSubjectRequest request, ServerCallContext context)
    {
        string version = request.Version.Length == 0 ? Latest : request.Version;
        int? id = await Find(request.Catalog).ResolveAsync(request.Subject, version, context.CancellationToken);
        return id is { } found
            ? new ResolveSubjectReply { SchemaId = found }
            : throw NotFound($"catalog '{request.Catalog}' has no subject '{request.Subject}' of version '{version}'");
    }

    public override async Task<ResolveIdReply> ResolveId(ResolveIdRequest request, ServerCallContext context)
    {
        Schema? schema = await Find(request.Catalog).ResolveAsync(request.SchemaId, context.CancellationToken);
        return schema is not null
            ? new ResolveIdReply { Schema = schema.Text, SchemaType = schema.Type }
            : throw NotFound($"catalog '{request.Catalog}' has no schema {request.SchemaId}");
    }

    private ICatalog Find(string name) => catalogs.Find(name) ?? throw NotFound($"there is no catalog '{name}'");

    private static RpcException NotFound(string reason) => new(new Status(StatusCode.NotFound, reason));
}
