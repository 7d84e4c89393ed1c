using Sluice.Frames;

namespace Sluice.Simulation;

// What a peer hears besides content: challenges of its receiver, and its own timers and tasks.
internal sealed partial class SimPeer
{
    private readonly Dictionary<int, Action> _signals = [];
    private int _challenges;
    private int _lastSignal;

    public override void OnChallenge(in ChallengeFrame frame)
    {
        if (Enter("CHALLENGE"))
        {
            int number = BitConverter.ToInt32(frame.Extension);
            Check(_understandsChallenge, "a challenge that it never said it understands");
            Check(number > _challenges && number <= _out.Challenges, "a challenge that nobody sent, or twice");
            _challenges = number;
            _node.World.Heard = (_node.World.Heard.Challenges + 1, _node.World.Heard.Signals);
        }
    }

    public override void OnSignal(in SignalFrame frame)
    {
        if (!_node.IsAlive)
        {
            return;
        }

        _node.World.Heard = (_node.World.Heard.Challenges, _node.World.Heard.Signals + 1);
        Check(_closed == 0, "SIGNAL after the stream was over");
        Check(frame.Payload.Length == 0 || BitConverter.ToInt32(frame.Payload) == frame.SignalId, "a signal brought another's payload");
        if (_signals.Remove(frame.SignalId, out Action? action))
        {
            action();
        }
        else
        {
            Fail("SIGNAL twice, or one that nobody asked for");
        }
    }

    // A timer of the engine, a timer of the stream, or a task that is done at once: the peer goes on in the same way.
    private void Later(int msMax, Action action)
    {
        switch (_random.Below(4))
        {
            case 0:
                _signals.Add(++_lastSignal, action);
                Port.SignalAfter(_random.Between(0, msMax), _lastSignal);
                break;
            case 1:
                _signals.Add(++_lastSignal, action);
                Port.PostSignal(_lastSignal, payload: BitConverter.GetBytes(_lastSignal));
                break;
            default:
                _node.Engine.Schedule(
                    _random.Between(0, msMax),
                    _ =>
                    {
                        if (_node.IsAlive && _closed == 0)
                        {
                            action();
                        }
                    });
                break;
        }
    }
}
