namespace Sluice.EmbeddedKafka.Wire;

/// <summary>ApiVersions: what this broker serves. The one request every client sends first, answered even in unknown versions.</summary>
internal sealed class ApiVersions() : Api(ApiKey.ApiVersions, 0, 4, flexibleFrom: 3)
{
    public override bool IsBeforeLogin => true;

    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        Write(reply, request.Version, ErrorCode.None);
        return new(Outcome.Reply);
    }

    /// <summary>Version 0 with error 35 is what a client of the future understands; it then asks again in a version we told.</summary>
    public static void WriteUnsupported(WireWriter reply)
    {
        reply.Flexible = false;
        Write(reply, 0, ErrorCode.UnsupportedVersion);
    }

    private static void Write(WireWriter reply, short version, ErrorCode error)
    {
        reply.Error(error);
        reply.Array(ApiTable.All.Length);
        foreach (var api in ApiTable.All)
        {
            reply.Int16((short)api.Key);
            reply.Int16(api.VersionMin);
            reply.Int16(api.VersionMax);
            reply.Tags();
        }

        if (version >= 1)
        {
            reply.Int32(0);
        }

        reply.Tags();
    }
}
