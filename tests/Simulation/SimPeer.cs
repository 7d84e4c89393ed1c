using Sluice.Frames;

namespace Sluice.Simulation;

/// <summary>A client or a server: sends its direction as its own mood and the window allow, hears the other, and checks every rule.</summary>
internal sealed partial class SimPeer : StreamHandler
{
    private enum Act
    {
        None,
        Abort,
        Reset,
        Close,
        Throw,
        ThrowAtEnd,
    }

    private enum ReplyMood
    {
        AtOnce,
        Later,
        AfterRequest,
        RefuseLater,
        RefuseAfterRequest,
    }

    private readonly SimNode _node;
    private readonly SimConversation _conversation;
    private readonly SimDirection _out;
    private readonly SimDirection _in;
    private readonly bool _isClient;
    private readonly SimRandom _random;
    private readonly Act _act;
    private int _callsUntilAct;
    private readonly ReplyMood _replyMood;
    private readonly int _window;
    private readonly int _padding;
    private readonly int _minimum;
    private readonly bool _acknowledgesLater;
    private readonly bool _waitsForWhole;
    private readonly bool _isEarlyWindow;
    private readonly bool _understandsChallenge;
    private readonly Budget? _budget;
    private readonly Budget? _middle;
    private int _pending;
    private int _pendingBudgeted;
    private bool _isAcknowledging;
    private bool _isPaused;
    private int _largest;
    private bool _isInOver;
    private bool _isOutOver;
    private bool _hasHeardBegin;
    private int _closed;

    public SimPeer(SimNode node, SimConversation conversation, bool isClient)
    {
        _node = node;
        _conversation = conversation;
        _isClient = isClient;
        _random = node.World.Random;
        _out = isClient ? conversation.Request : conversation.Reply;
        _in = isClient ? conversation.Reply : conversation.Request;
        _act = _random.OneIn(5) ? _random.Pick(Act.Abort, Act.Reset, Act.Close, Act.Close, Act.Throw, Act.ThrowAtEnd) : Act.None;
        _callsUntilAct = _act == Act.None ? -1 : _random.Below(_random.Pick(3, 10, 40));
        _replyMood = isClient ? ReplyMood.AtOnce : _random.Pick(ReplyMood.AtOnce, ReplyMood.AtOnce, ReplyMood.Later, ReplyMood.AfterRequest, ReplyMood.AfterRequest, _random.Pick(ReplyMood.RefuseLater, ReplyMood.RefuseAfterRequest));
        _padding = _random.Pick(0, 0, _random.Below(64));
        _minimum = _random.Pick(0, 0, _random.Below(500));
        _window = _padding + _minimum + _random.Pick(1, 1 + _random.Below(100), _random.Between(1, 3000), _random.Between(1, 70_000), _random.Between(1, 70_000));
        _window = Math.Max(_window, _padding + _minimum + (_in.Messages.Sum() / 200)); // Or a run would be endless round trips.
        _acknowledgesLater = _random.OneIn(2);
        _waitsForWhole = _random.OneIn(3);
        _isEarlyWindow = _random.OneIn(3);
        _understandsChallenge = _random.OneIn(2);
        if (node.Budget is { } budget && _random.OneIn(2))
        {
            // Of the node's budget, of a child of it, or of a grandchild.
            int generations = _random.Pick(0, 0, 1, 1, 2);
            _middle = generations == 2 ? Acquire(budget) : null;
            _budget = generations == 0 ? budget : Acquire(_middle ?? budget);
        }

        if (_act is not Act.None || _replyMood is ReplyMood.RefuseLater or ReplyMood.RefuseAfterRequest)
        {
            conversation.Disturb();
        }

        node.World.Peers.Add(this);
    }

    public SimNode Node => _node;

    public bool IsClosed => _closed > 0;

    public override string ToString() =>
        $"{(_isClient ? "client" : "server")} of {_conversation.Number} on {_node.Room}.{_node.Life} act {_act} mood {_replyMood} window {_window} padding {_padding} minimum {_minimum} later {_acknowledgesLater} whole {_waitsForWhole}"
        + $" budget {_budget?.AvailableBytes} pending {_pending} sendable {Port.SendableBytes} out {Port.IsOutOpen}/{Port.IsOutClosed} in {Port.IsInOpen}/{Port.IsInClosed} closed {_closed}";

    /// <summary>The client's first step, when its port is there.</summary>
    public void Opened()
    {
        if (_isEarlyWindow)
        {
            Grant();
        }

        Pump();
    }

    public override void OnBegin(in BeginFrame frame)
    {
        if (!Enter("BEGIN"))
        {
            return;
        }

        Check(!_hasHeardBegin && !_isInOver, "BEGIN twice or too late");
        _hasHeardBegin = true;
        if (!_isClient || !_isEarlyWindow)
        {
            if (_random.OneIn(3))
            {
                Later(10, Grant);
            }
            else
            {
                Grant();
            }
        }

        if (!_isClient && _replyMood == ReplyMood.AtOnce)
        {
            Reply();
        }
        else if (!_isClient && _replyMood is ReplyMood.Later or ReplyMood.RefuseLater)
        {
            Later(30, Reply);
        }

        Pump();
    }

    public override void OnData(in DataFrame frame)
    {
        // First of all: whatever happens next, the share of a budget that came in must go back one day.
        _pending += frame.Reserved;
        _pendingBudgeted += frame.BudgetId != 0 ? frame.Reserved : 0;
        _node.World.References += frame.IsReference ? 1 : 0;
        if (!Enter("DATA"))
        {
            return;
        }

        Check(_hasHeardBegin && !_isInOver, "DATA before BEGIN or after the end");
        Check(Port.InWindowBytes >= 0, "a window was overrun");
        Check(frame.Reserved >= frame.Payload.Length + _padding, "padding was not charged");
        Fail(_in.Take(frame));
        _node.World.Borrowed += frame.BudgetId != 0 && !_conversation.IsOnOneNode ? 1 : 0;
        Check(frame.BudgetId == 0 || frame.BudgetId == _budget?.Id, "another budget than the one granted");
        if (_random.OneIn(16) && Port.SendChallenge(BitConverter.GetBytes(_in.Challenges + 1)))
        {
            _in.Challenges++;
        }

        if (!_acknowledgesLater)
        {
            Acknowledge(_pending);
        }
        else if (!_isAcknowledging)
        {
            _isAcknowledging = true;
            Later(20, AcknowledgeSome);
        }
    }

    public override void OnFlush(in FlushFrame frame)
    {
        if (Enter("FLUSH"))
        {
            Check(_hasHeardBegin && !_isInOver, "FLUSH before BEGIN or after the end");
            Fail(_in.TakeFlush(frame));
        }
    }

    public override void OnEnd(in EndFrame frame)
    {
        if (!Enter("END"))
        {
            return;
        }

        Check(_hasHeardBegin && !_isInOver, "END before BEGIN or after the end");
        _isInOver = true;
        Fail(_in.TakeEnd());
        if (!_isClient && _replyMood is ReplyMood.AfterRequest or ReplyMood.RefuseAfterRequest)
        {
            if (_random.OneIn(2))
            {
                Later(10, Reply);
            }
            else
            {
                Reply();
            }
        }
    }

    public override void OnAbort(in CloseFrame frame)
    {
        if (Enter("ABORT"))
        {
            Check(!_isInOver, "ABORT after the end");
            Check(_in.IsGivenUp || _node.World.IsFaulty, "ABORT of a direction that nobody gave up");
            _isInOver = true;
            base.OnAbort(frame);
        }
    }

    public override void OnReset(in CloseFrame frame)
    {
        if (Enter("RESET"))
        {
            Check(!_isOutOver, "RESET twice");
            Check(_out.IsGivenUp || _node.World.IsFaulty, "RESET of a direction that nobody gave up");
            _isOutOver = true;
            base.OnReset(frame);
        }
    }

    public override void OnWindow(in WindowFrame frame)
    {
        if (Enter("WINDOW"))
        {
            Check(!_isOutOver, "WINDOW after RESET");
            Check(frame.PaddingBytes == Port.PaddingBytes && frame.MinimumBytes == Port.MinimumBytes, "the port does not know its window");
            Pump();
        }
    }

    public override void OnClosed()
    {
        _closed++;
        if (!_node.IsAlive)
        {
            return;
        }

        _node.World.Trace(this, "CLOSED");
        Check(_closed == 1, "a stream ended twice");
        if (_budget is not null)
        {
            _budget.Return(_pendingBudgeted); // What the stream had taken in and not freed.
            _pendingBudgeted = 0;
            if (_budget != _node.Budget)
            {
                _budget.Dispose();
                _middle?.Dispose();
            }
        }

        if (_act == Act.ThrowAtEnd)
        {
            throw new SimFaultException();
        }
    }

    private void Reply()
    {
        if (_replyMood is ReplyMood.RefuseLater or ReplyMood.RefuseAfterRequest)
        {
            Port.SendReset(CloseReason.Refused, "no"u8);
            return;
        }

        Port.SendBegin();
        Pump();
    }

    private void Grant() => Port.SendWindow(
        _window, _padding, _minimum, _understandsChallenge ? StreamPort.ChallengeCapability : 0, budgetId: _budget?.Id ?? 0);

    private Budget Acquire(Budget parent)
    {
        Budget child = _node.Engine.Budgets.Acquire(parent);
        child.Credit(_padding + _minimum + _random.Between(200, 20_000));
        return child;
    }

    private void AcknowledgeSome()
    {
        Acknowledge(_random.OneIn(3) ? _pending : _random.Between(1, Math.Max(1, _pending)));
        _isAcknowledging = _pending > 0;
        if (_isAcknowledging)
        {
            Later(20, AcknowledgeSome);
        }
    }

    private void Acknowledge(int bytes)
    {
        bytes = Math.Min(bytes, _pending);
        _pending -= bytes;
        int budgeted = Math.Min(bytes, _pendingBudgeted);
        _pendingBudgeted -= budgeted;
        Port.Acknowledge(bytes);
        _budget?.Return(budgeted); // The creditor's content has gone: the credit is there again, for child and parent.
    }

    // Each thing that is heard may be the one at which this peer loses its temper, or its process its life.
    private bool Enter(string what)
    {
        if (!_node.Enter())
        {
            return false;
        }

        _node.World.Trace(this, what);
        Check(_closed == 0, $"{what} after the stream was over");
        if (_callsUntilAct >= 0 && _callsUntilAct-- == 0)
        {
            _node.World.Trace(this, _act.ToString());
            switch (_act)
            {
                case Act.Abort:
                    Port.SendAbort(CloseReason.Cancelled);
                    Port.SendReset(CloseReason.Cancelled);
                    return false;
                case Act.Reset:
                    Port.SendReset(CloseReason.Cancelled);
                    if (_isClient)
                    {
                        Port.SendAbort(CloseReason.Cancelled);
                    }

                    Port.Close(CloseReason.Cancelled);
                    return false;
                case Act.Close:
                    Port.Close(CloseReason.Cancelled);
                    return false;
                case Act.Throw:
                    throw new SimFaultException();
            }
        }

        return true;
    }

    private void Check(bool holds, string otherwise) => Fail(holds ? null : otherwise);

    private void Fail(string? problem)
    {
        if (problem is not null)
        {
            _node.World.Fail($"{problem}: {this}; {_conversation}");
        }
    }
}

/// <summary>A fault that the simulation throws on purpose.</summary>
internal sealed class SimFaultException : Exception;
