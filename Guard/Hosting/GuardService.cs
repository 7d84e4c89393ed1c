using Grpc.Core;
using Sluice.Guard.Contracts;

namespace Sluice.Guard.Hosting;

/// <summary>The gRPC door of the room: guard.proto on the guards of the configuration.</summary>
internal sealed class GuardService(GuardTable guards, ILogger<GuardService> logger) : Contracts.Guard.GuardBase
{
    public override Task<Session> Reauthorize(ReauthorizeRequest request, ServerCallContext context)
    {
        try
        {
            GuardSession? session = Find(request.Guard).Reauthorize(request.Context, request.Credentials);
            return Task.FromResult(session is null ? new Session() : ToReply(session, withCredentials: false));
        }
        catch (SessionLimitException exception)
        {
            GuardLog.SessionLimit(logger, request.Guard, exception.SessionsMax);
            throw new RpcException(new Status(StatusCode.ResourceExhausted, exception.Message));
        }
    }

    public override Task<DeauthorizeReply> Deauthorize(DeauthorizeRequest request, ServerCallContext context)
    {
        Find(request.Guard).Deauthorize(request.Session);
        return Task.FromResult(new DeauthorizeReply());
    }

    public override Task<VerifyReply> Verify(VerifyRequest request, ServerCallContext context) =>
        Task.FromResult(new VerifyReply { Authorized = Find(request.Guard).Verify(request.Session, request.Roles) });

    public override Task<Session> Describe(DescribeRequest request, ServerCallContext context) =>
        Find(request.Guard).Describe(request.Session) is { } session
            ? Task.FromResult(ToReply(session, withCredentials: true))
            : throw new RpcException(new Status(StatusCode.NotFound, $"guard '{request.Guard}' knows no session {request.Session}"));

    private IGuard Find(string name) => guards.Find(name)
        ?? throw new RpcException(new Status(StatusCode.NotFound, $"there is no guard '{name}'"));

    // Credentials leave the room only when a client binding asks for them.
    private static Session ToReply(GuardSession session, bool withCredentials)
    {
        Session reply = new()
        {
            Session_ = session.Id,
            Identity = session.Identity,
            Credentials = withCredentials ? session.Credentials : "",
            Attributes = { session.Attributes.ToDictionary() },
            Roles = { session.Roles },
        };
        if (session.ExpiresAt is { } expires)
        {
            reply.ExpiresAtMs = expires.ToUnixTimeMilliseconds();
        }

        if (session.ExpiringAt is { } expiring)
        {
            reply.ExpiringAtMs = expiring.ToUnixTimeMilliseconds();
        }

        return reply;
    }
}
