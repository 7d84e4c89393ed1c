namespace Sluice.Frames.Tests;

/// <summary>Passes content on as it is, and says it needs room for more.</summary>
internal sealed class PassingBinding(long exit) : IBinding
{
    public const int PaddingBytes = 8;

    public StreamHandler? Accept(in BeginFrame begin) => new Side(exit);

    private sealed class Side(long exit) : StreamHandler
    {
        private Side? _other;

        public override void OnBegin(in BeginFrame frame)
        {
            if (_other is null)
            {
                _other = new Side(exit) { _other = this };
                Port.Engine.Open(_other, frame.Header.RoutedId, exit);
            }
        }

        public override void OnData(in DataFrame frame) => Assert.True(_other!.Port.TrySendData(frame.Payload, frame.Flags, frame.Extension));

        public override void OnWindow(in WindowFrame frame) => _other!.Port.ShareWindowOf(Port, PaddingBytes);

        public override void OnClosed() => _other!.Port.Close(CloseReason.Cancelled);
    }
}
