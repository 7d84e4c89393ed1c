using Sluice.EmbeddedKafka.Log;

namespace Sluice.EmbeddedKafka.Wire;

/// <summary>Fetch: record batches as they lie in the log. Waits for the bytes asked for and is woken by the append itself.</summary>
internal sealed class Fetch() : Api(ApiKey.Fetch, 4, 17, flexibleFrom: 12)
{
    /// <summary>16 MiB an answer: a client asks again for the rest, and the broker's memory stays bounded by its connections.</summary>
    public const int AnswerBytesMax = 16 * 1024 * 1024;

    public override ValueTask<Outcome> HandleAsync(Request request, WireWriter reply)
    {
        var query = FetchQuery.Read(request);
        return query is null ? new(Outcome.Malformed) : AnswerAsync(request, query, reply);
    }

    private static async ValueTask<Outcome> AnswerAsync(Request request, FetchQuery query, WireWriter reply)
    {
        if (query.SessionId != 0)
        {
            // Sessions are not kept; the client starts over with a full fetch.
            WriteHead(reply, request.Version, ErrorCode.FetchSessionIdNotFound);
            reply.Array(0);
            reply.Tags();
            return Outcome.Reply;
        }

        query.Resolve(request.Broker.Topics);
        if (query.MaxWaitMs > 0 && query.MinBytes > 0 && !query.IsReady())
        {
            await WaitAsync(query, request.Peer.Closing);
        }

        WriteHead(reply, request.Version, ErrorCode.None);
        FetchAnswer.Write(request.Version, query, reply);
        reply.Tags();
        return Outcome.Reply;
    }

    private static void WriteHead(WireWriter reply, short version, ErrorCode error)
    {
        reply.Int32(0);
        if (version >= 7)
        {
            reply.Error(error);
            reply.Int32(0);
        }
    }

    private static async Task WaitAsync(FetchQuery query, CancellationToken closing)
    {
        var waiter = new Waiter();
        query.Register(waiter);
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(closing);
            deadline.CancelAfter(query.MaxWaitMs);
            var late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            using var timer = deadline.Token.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), late);
            while (true)
            {
                waiter.Arm();
                var signal = waiter.Signal;
                if (query.IsReady())
                {
                    return;
                }

                await Task.WhenAny(signal, late.Task);
                if (late.Task.IsCompleted)
                {
                    return;
                }
            }
        }
        finally
        {
            query.Unregister(waiter);
        }
    }
}
