using Sluice.Frames;

namespace Sluice.Simulation;

/// <summary>How a peer sends: as much as the window allows and its mood wants.</summary>
internal sealed partial class SimPeer
{
    private void Pump()
    {
        while (!_isPaused && Port.IsOutOpen && !_out.IsSentWhole)
        {
            int sendable = Port.SendableBytes;
            Check(sendable is >= 0 and <= FrameLayout.PayloadBytesMax, "a sender has an impossible window");
            _largest = Math.Max(_largest, sendable);
            int length = _out.Messages[_out.SendMessage];
            int left = Math.Max(0, length) - _out.SendOffset;
            int wanted = Math.Min(left, Math.Max(_waitsForWhole ? _largest : 1, Math.Max(1, Port.MinimumBytes)));
            if (sendable < wanted)
            {
                break;
            }

            int bytes = Math.Min(left, sendable);
            bytes = _random.OneIn(4) ? Math.Max(Math.Min(1, left), _random.Below(bytes + 1)) : bytes;
            if (!Send(length, bytes))
            {
                break;
            }

            if (_random.OneIn(10) && Port.IsOutOpen)
            {
                Port.SendFlush([.. BitConverter.GetBytes(_out.Flushes++), .. BitConverter.GetBytes(_out.SendMessage)]);
            }

            if (_random.OneIn(8))
            {
                _isPaused = true;
                Later(15, () =>
                {
                    _isPaused = false;
                    Pump();
                });
            }
        }

        if (Port.IsOutOpen && _out.IsSentWhole && !_isPaused)
        {
            _out.HasSentEnd = true;
            Port.SendEnd();
        }
    }

    private bool Send(int length, int bytes)
    {
        Span<byte> extension = stackalloc byte[4];
        BitConverter.TryWriteBytes(extension, _out.SendMessage);
        extension = _out.SendOffset == 0 ? extension : default;
        bool isLast = _out.SendOffset + bytes == Math.Max(0, length);
        DataFlags flags = (_out.SendOffset == 0 ? DataFlags.Init : DataFlags.None) | (isLast ? DataFlags.Fin : DataFlags.None);
        int before = Port.SendableBytes;
        if (length < 0)
        {
            if (!Port.TrySendNull(extension, flags))
            {
                return false; // The padding alone does not fit.
            }
        }
        else
        {
            bool refers = _random.OneIn(2);
            bool isClaimed = refers
                ? Port.TryClaimReference(_node.SourceOf(_out.File), _out.SendPosition, bytes, extension.Length, out DataClaim claim)
                : Port.TryClaimData(bytes, extension.Length, out claim);
            if (!isClaimed)
            {
                Check(bytes == 0, $"{bytes} bytes were refused with {before} sendable");
                return false;
            }

            extension.CopyTo(claim.Extension);
            if (!refers)
            {
                _out.Fill(claim.Payload);
            }

            claim.Commit(bytes, flags);
        }

        _out.SendOffset += bytes;
        if (isLast)
        {
            _out.SendMessage++;
            _out.SendOffset = 0;
        }

        return true;
    }
}
