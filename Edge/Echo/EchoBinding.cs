using Sluice.Frames;

namespace Sluice.Edge.Echo;

/// <summary>Returns what it gets: BEGIN with its extension, DATA, FLUSH, END and ABORT (config-core §3.8). The example of docs/bindings.md.</summary>
internal sealed class EchoBinding : IBinding
{
    public StreamHandler Accept(in BeginFrame begin) => new EchoStream();

    private sealed class EchoStream : StreamHandler
    {
        public override void OnBegin(in BeginFrame frame) => Port.SendBegin(frame.Extension);

        // Credit flows backwards: what the reader of our reply grants is what we grant, so each DATA below always fits.
        public override void OnWindow(in WindowFrame frame) => Port.ShareWindowOf(Port);

        public override void OnData(in DataFrame frame) => Port.TryPassOn(frame, frame.Flags, frame.Extension);

        public override void OnFlush(in FlushFrame frame) => Port.SendFlush(frame.Extension);

        public override void OnEnd(in EndFrame frame) => Port.SendEnd(frame.Extension);

        public override void OnAbort(in CloseFrame frame) => Port.SendAbort(frame.Reason, frame.Extension);
    }
}
