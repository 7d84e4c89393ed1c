namespace Sluice.Frames.Testing;

/// <summary>The smallest whole binding: what a stream brings goes back (docs/bindings.md), by reference what came so.</summary>
public sealed class EchoBinding : IBinding
{
    /// <inheritdoc/>
    public StreamHandler? Accept(in BeginFrame begin) => new EchoStream();

    private sealed class EchoStream : StreamHandler
    {
        public override void OnBegin(in BeginFrame frame) => Port.SendBegin(frame.Extension);

        public override void OnData(in DataFrame frame) => Port.TryPassOn(frame, frame.Flags, frame.Extension);

        public override void OnFlush(in FlushFrame frame) => Port.SendFlush(frame.Extension);

        public override void OnEnd(in EndFrame frame) => Port.SendEnd(frame.Extension);

        public override void OnWindow(in WindowFrame frame) => Port.ShareWindowOf(Port);
    }
}
