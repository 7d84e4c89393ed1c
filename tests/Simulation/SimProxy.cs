using System.Diagnostics.CodeAnalysis;
using Sluice.Frames;

namespace Sluice.Simulation;

/// <summary>A binding in the middle: passes everything on, in both directions, with the other side's window.</summary>
internal sealed class SimProxy(SimNode node) : IBinding
{
    public StreamHandler? Accept(in BeginFrame begin)
    {
        if (!node.Enter())
        {
            return null;
        }

        return new Side(node, node.World.Random.Pick(0, 0, node.World.Random.Below(40)), begin.Extension.ToArray());
    }

    private sealed class Side : StreamHandler
    {
        private readonly SimNode _node;
        private readonly int _padding;
        private readonly byte[] _begin;
        private bool _isOver;

        public Side(SimNode node, int padding, byte[] begin)
        {
            _node = node;
            _padding = padding;
            _begin = begin;
        }

        [AllowNull]
        private Side Other { get; set; }

        public override void OnBegin(in BeginFrame frame)
        {
            if (!_node.Enter())
            {
                return;
            }

            if (Other is not null)
            {
                Other.Port.SendBegin(frame.Extension);
                return;
            }

            // Front: the first hop is ours, the next is the exit.
            Other = new Side(_node, _padding, _begin) { Other = this };
            byte[] onward = [.. _begin[..4], .. _begin[5..]];
            _node.Engine.Open(Other, SimNode.ProxyId + _node.Number, onward[4], onward);
        }

        public override void OnData(in DataFrame frame)
        {
            if (_node.Enter() && !Other.Port.TryPassOn(frame, frame.Flags, frame.Extension) && Other.Port.IsOutOpen)
            {
                _node.World.Fail($"a proxy on {_node.Room} could not send on {frame.Payload.Length} bytes: {Other.Port.SendableBytes} sendable, budget {Other.Port.BudgetId}");
            }
        }

        public override void OnFlush(in FlushFrame frame)
        {
            if (_node.Enter())
            {
                Other.Port.SendFlush(frame.Extension);
            }
        }

        public override void OnEnd(in EndFrame frame)
        {
            if (_node.Enter())
            {
                Other.Port.SendEnd(frame.Extension);
            }
        }

        public override void OnAbort(in CloseFrame frame)
        {
            if (_node.Enter() && Other is not null)
            {
                Other.Port.SendAbort(frame.Reason);
            }
        }

        public override void OnReset(in CloseFrame frame)
        {
            if (_node.Enter() && Other is not null)
            {
                Other.Port.SendReset(frame.Reason, frame.Extension);
            }
        }

        public override void OnWindow(in WindowFrame frame)
        {
            if (_node.Enter())
            {
                Other.Port.ShareWindowOf(Port, _padding);
            }
        }

        public override void OnChallenge(in ChallengeFrame frame)
        {
            if (_node.Enter())
            {
                Other.Port.SendChallenge(frame.Extension);
            }
        }

        public override void OnClosed()
        {
            if (_isOver)
            {
                _node.World.Fail($"a side of a proxy on {_node.Room} ended twice");
            }

            _isOver = true;
            if (_node.IsAlive && Other is { _isOver: false })
            {
                Other.Port.Close(CloseReason.Failed); // Only when something went wrong: else both are over by now, or nearly.
            }
        }
    }
}
