using Sluice.Frames.Memory;

namespace Sluice.Frames;

// What comes in: each frame finds the end of its stream here, or the binding that it opens one to.
public sealed partial class LinkEnd
{
    // Another process may write while we read. What is checked must be what is used, so its fields are copied once; extension and
    // payload stay where they are, with lengths that were checked here.
    private ReadOnlySpan<byte> FieldsOf(ReadOnlySpan<byte> record)
    {
        if (IsLocal)
        {
            return record;
        }

        ReadOnlySpan<byte> fields = record[..Math.Min(record.Length, FrameLayout.FieldsBytes)];
        fields.CopyTo(_fields);
        return _fields.AsSpan(0, fields.Length);
    }

    private void Dispatch(in FrameHeader header)
    {
        if (header.IsOfLink)
        {
            OnLinkFrame(header);
            return;
        }

        long conversation = header.StreamId & ~1L;
        bool toAccepter = header.IsInitial != header.IsThrottle;
        if ((toAccepter ? _accepted : _opened).TryGetValue(conversation, out StreamPort? port))
        {
            try
            {
                port.OnFrame(header);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                Engine.OnHandlerFault(port, exception);
            }
        }
        else if (toAccepter && header.Type == FrameType.Begin)
        {
            Accept(header, conversation);
        }
        else if (header.StreamId == 0 && !IsLocal)
        {
            OnBudgetFrame(header);
        }
        else
        {
            Drop(header); // For a stream that has closed (config-core §2.5 rule 4).
        }
    }

    private void OnLinkFrame(in FrameHeader header)
    {
        bool isExpected = !IsLocal && header.Type switch
        {
            FrameType.Source or FrameType.SourceMapped or FrameType.SourceGone => Peer.IsNear && TryTakeSourceFrame(header),
            _ => false,
        };
        if (!isExpected)
        {
            Violate();
        }
    }

    private void Accept(in FrameHeader header, long conversation)
    {
        var begin = new BeginFrame(header);
        StreamHandler? handler = null;
        CloseReason reason = CloseReason.NoRoute;
        if (Engine.TryFindBinding(header.RoutedId, out IBinding? binding) && !(binding.IsHelper ? Engine.Memory.TryAdmitHelp() : Engine.Memory.TryAdmitWork()))
        {
            reason = CloseReason.Overloaded;
        }
        else if (binding is not null)
        {
            Engine.Running = binding;
            try
            {
                handler = binding.Accept(begin);
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                reason = CloseReason.Failed;
                Engine.OnBindingFault(header.RoutedId, exception);
            }
        }
        else
        {
            reason = CloseReason.Unreachable;
        }

        var port = new StreamPort(this, handler ?? RefusedStream.Instance, isOpener: false, conversation, header.OriginId, header.RoutedId)
        {
            Authorization = header.Authorization,
            TraceId = header.TraceId,
            Affinity = begin.Affinity,
        };

        if (handler is null)
        {
            Engine.Counters.StreamsRefused++;
            SendClose(port, FrameType.Reset, reason, default);
            return;
        }

        _accepted.Add(port);
        Engine.Memory.Take(MemoryUser.Streams, StreamPort.Bytes);
        Engine.Counters.StreamsAccepted++;
        try
        {
            port.OnFrame(header);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Engine.OnHandlerFault(port, exception);
        }
    }

    private sealed class RefusedStream : StreamHandler
    {
        [ThreadStatic]
        private static RefusedStream? _instance;

        public static RefusedStream Instance => _instance ??= new RefusedStream();
    }
}
