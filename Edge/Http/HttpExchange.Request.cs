using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http.Features;
using Sluice.Edge.Kestrel;
using Sluice.Frames;

namespace Sluice.Edge.Http;

// The request's body on its way to the app: read only as the app grants credit, so that an app which reads slowly slows the client.
// The first read waits for credit too; it is what makes Kestrel send "100 Continue" to a client that asked for it.
internal sealed partial class HttpExchange
{
    private PipeReader? _reading;   // Set while a read is pending.
    private StreamPort? _bodyPort;  // Set while the body waits for the first credit.
    private Task? _sending;

    /// <summary>The app granted credit.</summary>
    public void OnWindow()
    {
        if (_bodyPort is { SendableBytes: > 0 } port)
        {
            _bodyPort = null;
            if (!TrySendWholeBody(port))
            {
                using var scope = new EnginePipeScheduler.Scope();
                _sending = SendRequestBodyAsync(port);
            }
        }

        _credit.Set();
    }

    private void SendRequestBody()
    {
        _sending = null;
        _bodyPort = _stream?.Port;
        if (_bodyPort is { } port && _features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            _bodyPort = null;
            port.SendEnd();
        }
    }

    // Most bodies came with their head and fit the first credit: those cost neither a task nor a wait.
    private bool TrySendWholeBody(StreamPort port)
    {
        using var scope = new EnginePipeScheduler.Scope();
        try
        {
            PipeReader reader = _features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
            if (!reader.TryRead(out ReadResult result))
            {
                return false;
            }

            ReadOnlySequence<byte> rest = Send(port, result.Buffer);
            reader.AdvanceTo(rest.Start);
            if (!result.IsCompleted || !rest.IsEmpty)
            {
                return false;
            }

            port.SendEnd();
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            OnBodyFailed(exception);
        }

        return true;
    }

    private void OnBodyFailed(Exception exception)
    {
        _reading = null;
        if (exception is Microsoft.AspNetCore.Http.BadHttpRequestException && !_isBegun)
        {
            _failure = ExceptionDispatchInfo.Capture(exception); // Kestrel answers with the status it carries.
        }

        Conclude(_isBegun ? Outcome.Broken : Outcome.Invalid, CloseReason.Cancelled);
    }

    private async Task SendRequestBodyAsync(StreamPort port)
    {
        try
        {
            PipeReader reader = _features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
            while (port.IsOutOpen)
            {
                if (port.SendableBytes == 0)
                {
                    await _credit.WaitAsync().ConfigureAwait(false);
                    continue;
                }

                _reading = reader;
                ReadResult result = await reader.ReadAsync().ConfigureAwait(false);
                await _binding.Scheduler.SwitchToEngine();
                _reading = null;
                ReadOnlySequence<byte> rest = Send(port, result.Buffer);
                reader.AdvanceTo(rest.Start);
                if (result.IsCompleted && rest.IsEmpty)
                {
                    port.SendEnd();
                }
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            await _binding.Scheduler.SwitchToEngine();
            OnBodyFailed(exception);
        }
    }

    // Returns what there was no credit for.
    private static ReadOnlySequence<byte> Send(StreamPort port, ReadOnlySequence<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            int count = (int)Math.Min(buffer.Length, port.SendableBytes);
            if (count == 0 || !port.TryClaimData(count, 0, out DataClaim claim))
            {
                break;
            }

            buffer.Slice(0, count).CopyTo(claim.Payload);
            claim.Commit(count);
            buffer = buffer.Slice(count);
        }

        return buffer;
    }

    // The app may answer before it has read all: the client gets the answer now, the app the rest of the body as it comes.
    private async Task FinishRequestBodyAsync(Task sending)
    {
        if (_outcome == Outcome.Completed && !sending.IsCompleted)
        {
            await _body.CompleteAsync().ConfigureAwait(false);
            await _binding.Scheduler.SwitchToEngine();
        }

        await sending.ConfigureAwait(false);
    }

    private void StopRequestBody()
    {
        _credit.Set();
        if (_reading is not null)
        {
            using var scope = new EnginePipeScheduler.Scope();
            _reading.CancelPendingRead();
        }
    }
}
