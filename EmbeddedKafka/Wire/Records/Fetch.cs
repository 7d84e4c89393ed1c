using Sluice.EmbeddedKafka.Log;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>Fetch: record batches as they lie in the log. Waits for the bytes asked for and is woken by the append itself.</summary>
internal sealed class Fetch() : Api(ApiKey.Fetch, 4, 17, flexibleFrom: 12)
{
    /// <summary>16 MiB an answer: a client asks again for the rest, and the broker's memory stays bounded by its connections.</summary>
    public const int AnswerBytesMax = 16 * 1024 * 1024;

    private const int NoSession = -1, NewSession = 0;

    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var query = FetchQuery.Read(request);
        return query is null ? new(Outcome.Malformed) : AnswerAsync(request, query, reply);
    }

    private static async ValueTask<Outcome> AnswerAsync(Request request, FetchQuery query, WireWriter reply)
    {
        var error = Enter(request.Peer, query, out bool onlyNews);
        if (error != ErrorCode.None)
        {
            WriteHead(reply, request.Version, error, 0);
            reply.Array(0);
            reply.Tags();
            return Outcome.Reply;
        }

        query.Resolve(request.Broker.Topics);
        if (query.MaxWaitMs > 0 && query.MinBytes > 0 && !query.IsReady())
        {
            await WaitAsync(query, request.Peer.Closing);
        }

        WriteHead(reply, request.Version, ErrorCode.None, request.Peer.Session?.Id ?? 0);
        var served = FetchAnswer.Write(request.Version, query, onlyNews, reply);
        reply.Tags();
        request.Peer.Session?.Rotate(served);
        return Outcome.Reply;
    }

    // Puts the partitions of the session into the query, or opens or closes a session, as the epoch says.
    private static ErrorCode Enter(Net.Peer peer, FetchQuery query, out bool onlyNews)
    {
        onlyNews = query.SessionEpoch is not (NoSession or NewSession);
        if (!onlyNews)
        {
            peer.Session = query.SessionEpoch == NewSession ? FetchSession.TryOpen(query.Parts) : null;
            return ErrorCode.None;
        }

        var session = peer.Session;
        if (session is null || session.Id != query.SessionId)
        {
            return ErrorCode.FetchSessionIdNotFound;
        }

        if (session.NextEpoch != query.SessionEpoch)
        {
            return ErrorCode.InvalidFetchSessionEpoch;
        }

        if (!session.TryUpdate(query))
        {
            peer.Session = null;
            return ErrorCode.FetchSessionIdNotFound;
        }

        query.Parts = session.Parts;
        return ErrorCode.None;
    }

    private static void WriteHead(WireWriter reply, short version, ErrorCode error, int sessionId)
    {
        reply.Int32(0);
        if (version >= 7)
        {
            reply.Error(error);
            reply.Int32(sessionId);
        }
    }

    private static async Task WaitAsync(FetchQuery query, CancellationToken closing)
    {
        var waiter = new Waiter();
        query.Register(waiter);
        try
        {
            long deadline = Environment.TickCount64 + query.MaxWaitMs;
            while (true)
            {
                waiter.Arm();
                var signal = waiter.Signal;
                long leftMs = deadline - Environment.TickCount64;
                if (leftMs <= 0 || closing.IsCancellationRequested || query.IsReady())
                {
                    return;
                }

                // One timer and one hop to the pool: this is what an idle suite does all day.
                await signal.WaitAsync(TimeSpan.FromMilliseconds(leftMs), closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        finally
        {
            query.Unregister(waiter);
        }
    }
}
