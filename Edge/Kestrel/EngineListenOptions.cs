using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Sluice.Edge.Kestrel;

/// <summary>Settings of a Kestrel endpoint that is fed by engines.</summary>
internal static class EngineListenOptions
{
    /// <summary>
    /// Serves connections on their engines from the first byte on. Kestrel starts every connection on the thread pool; without this its first
    /// request may run there.
    /// </summary>
    public static void UseEngines(this ListenOptions listen) => listen.Use(static next => async connection =>
    {
        if (connection.Features.Get<EngineConnection>() is { } engineConnection)
        {
            await engineConnection.Pipes.Scheduler.SwitchToEngine();
        }

        await next(connection).ConfigureAwait(false);
    });
}
