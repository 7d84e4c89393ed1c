using System.Text;
using Sluice.Frames;

namespace Sluice.Simulation;

/// <summary>A few nodes with links between them, conversations between peers, and chance: one seed is one run, always the same.</summary>
/// <remarks>
/// Each step turns an engine, delivers some frames of one wire, lets time pass, or does harm. Frames of one wire keep their order; wires
/// and engines do not wait for each other. When every conversation has been opened the harm stops, and all must come to its end.
/// </remarks>
internal sealed class SimWorld : IDisposable
{
    public const int NodesMax = 3;

    private const int StepsMax = 20_000;
    private const int QuietRoundsMax = 100_000;
    private const long Millisecond = 1_000_000;

    private readonly SimNode[] _nodes;
    private readonly List<SimLink> _links = [];
    private readonly List<(int Node, int Step)> _returns = [];
    private readonly List<(SimLink Link, SimNode Node, int Step)> _notices = [];
    private readonly List<SimNode> _all = [];
    private readonly StringBuilder? _trace;
    private int _step;
    private int _life;

    public SimWorld(ulong seed, bool isTraced = false, SimHarm? harm = null)
    {
        Seed = seed;
        Harm = harm;
        Random = new SimRandom(seed);
        _trace = isTraced ? new StringBuilder() : null;
        IsFaulty = Random.OneIn(2);
        IsFaulty = harm is null ? IsFaulty : harm.Node >= 0 || harm.Frame >= 0;
        NodeCount = Random.Between(1, NodesMax);
        _nodes = new SimNode[NodeCount];
        for (int i = 0; i < NodeCount; i++)
        {
            _nodes[i] = Live(i);
        }

        for (int a = 0; a < NodeCount; a++)
        {
            for (int b = a + 1; b < NodeCount; b++)
            {
                _links.Add(SimLink.Join(_nodes[a], _nodes[b]));
            }
        }
    }

    public ulong Seed { get; }

    public SimRandom Random { get; }

    /// <summary>The one harm that is planned; null leaves harm to chance.</summary>
    public SimHarm? Harm { get; }

    public int NodeCount { get; }

    /// <summary>True when links break and processes die in this run.</summary>
    public bool IsFaulty { get; }

    public long NowNs { get; private set; } = Millisecond;

    public List<SimConversation> Conversations { get; } = [];

    public List<SimPeer> Peers { get; } = [];

    /// <summary>Challenges and signals that were heard.</summary>
    public (int Challenges, int Signals) Heard { get; set; }

    /// <summary>Pieces that arrived by reference.</summary>
    public long References { get; set; }

    /// <summary>Pieces that were paid from a budget of another process.</summary>
    public long Borrowed { get; set; }

    public string TraceText => _trace?.ToString() ?? "";

    public long Frames => _all.Sum(node => node.Engine.Counters.FramesReceived);

    /// <summary>Lives through it.</summary>
    /// <exception cref="SimFailure">A rule was broken; the message has the seed.</exception>
    public void Run()
    {
        foreach (SimNode node in _nodes)
        {
            node.Turn(); // Links are up.
        }

        int conversations = Random.Pick(1, 3, 10);
        for (_step = 0; _step < StepsMax && (Conversations.Count < conversations || Random.Below(300) != 0); _step++)
        {
            Step(conversations);
        }

        Quiet();
        foreach (SimNode node in _nodes)
        {
            node.RetireAll();
        }

        Quiet();
        Judge();
    }

    public void Crashed(SimNode node)
    {
        Trace(null, $"{node.Room}.{node.Life} dies");
        foreach (SimLink link in _links)
        {
            if (link.A == node || link.B == node)
            {
                Cut(link);
            }
        }

        _returns.Add((node.Number, _step + Random.Below(200)));
    }

    public void Trace(SimPeer? peer, string what)
    {
        if (_trace is not null)
        {
            _trace.Append(NowNs / 1000).Append(" us  ").Append(what).Append("  ").AppendLine(peer?.ToString());
        }
    }

    public void Fail(string problem) => Failure ??= problem;

    private string? Failure { get; set; }

    private SimNode Live(int number)
    {
        var node = new SimNode(this, number, _life++);
        _all.Add(node);
        return node;
    }

    private void Step(int conversations)
    {
        int dice = Random.Below(100);
        if (dice < 45)
        {
            Turn(_nodes[Random.Below(NodeCount)]);
        }
        else if (dice < 80 && _links.Count > 0)
        {
            Move(_links[Random.Below(_links.Count)], Random.OneIn(2), Random.Pick(1, 3, 50));
        }
        else if (dice < 90)
        {
            NowNs += Random.Below(10) * Millisecond;
        }
        else if (dice < 97)
        {
            if (Conversations.Count < conversations)
            {
                Open();
            }
        }
        else if (IsFaulty && Harm is null)
        {
            DoHarm();
        }

        Settle(isAll: false);
    }

    private void Turn(SimNode node)
    {
        node.Turn();
        if (!node.IsAlive)
        {
            node.Dispose(); // What it had committed is on the wires, cut at a random place; nothing it does from here on is seen.
        }

        if (Failure is not null)
        {
            throw new SimFailure(this, Failure);
        }
    }

    private void Open()
    {
        var conversation = new SimConversation(this, Conversations.Count);
        Conversations.Add(conversation);
        SimNode node = _nodes[conversation.Client];
        if (!node.IsAlive)
        {
            return;
        }

        node.Engine.Post(() =>
        {
            var client = new SimPeer(node, conversation, isClient: true);
            byte[] extension = [.. BitConverter.GetBytes(conversation.Number), .. conversation.Hops];
            node.Engine.Open(client, SimNode.ClientId, conversation.Hops[0], extension);
            client.Opened();
        });
    }

    private int Move(SimLink link, bool isForth, int frames)
    {
        int left = Harm is { Frame: >= 0 } ? Harm.Frame - Harm.Frames : int.MaxValue;
        int moved = link.Move(isForth, left < 0 ? frames : Math.Min(frames, left));
        if (Harm is not null)
        {
            Harm.Frames += moved;
            if (moved == left || left == 0)
            {
                Harm.Frames++; // Once is enough.
                Trace(null, $"the link {link.A.Room}.{link.A.Life} - {link.B.Room}.{link.B.Life} breaks as planned");
                Cut(link);
            }
        }

        return moved;
    }

    private void DoHarm()
    {
        if (Random.OneIn(2) && _links.Count > 0)
        {
            SimLink link = _links[Random.Below(_links.Count)];
            if (!link.IsBroken)
            {
                Trace(null, $"the link {link.A.Room}.{link.A.Life} - {link.B.Room}.{link.B.Life} breaks");
                Cut(link);
            }
        }
        else if (Random.OneIn(2))
        {
            SimNode node = _nodes[Random.Below(NodeCount)];
            if (node.IsAlive)
            {
                node.CallsUntilCrash = Random.Below(30);
            }
        }
    }

    private void Cut(SimLink link)
    {
        if (!link.IsBroken)
        {
            link.Break(Random);
            _notices.Add((link, link.A, _step + Random.Below(100)));
            _notices.Add((link, link.B, _step + Random.Below(100)));
        }
    }

    // Death notices, and the return of nodes and links, when their time has come.
    private void Settle(bool isAll)
    {
        for (int i = _notices.Count - 1; i >= 0; i--)
        {
            (SimLink link, SimNode node, int step) = _notices[i];
            if (step <= _step || isAll)
            {
                _notices.RemoveAt(i);
                link.Notice(node);
                if (!node.IsAlive)
                {
                    node.Dispose();
                }
            }
        }

        for (int i = _links.Count - 1; i >= 0; i--)
        {
            if (_links[i].IsOver)
            {
                _links[i].Dispose();
                _links.RemoveAt(i);
            }
        }

        for (int i = _returns.Count - 1; i >= 0; i--)
        {
            (int number, int step) = _returns[i];
            if (step <= _step || isAll)
            {
                _returns.RemoveAt(i);
                _nodes[number].Dispose();
                _nodes[number] = Live(number);
            }
        }

        if (_step % 64 == 0 || isAll)
        {
            Rejoin();
        }
    }

    private void Rejoin()
    {
        for (int a = 0; a < NodeCount; a++)
        {
            for (int b = a + 1; b < NodeCount; b++)
            {
                if (_nodes[a].IsAlive && _nodes[b].IsAlive && !_links.Exists(link => link.A == _nodes[a] && link.B == _nodes[b]))
                {
                    _links.Add(SimLink.Join(_nodes[a], _nodes[b]));
                }
            }
        }
    }

    // No more harm: all that is under way arrives, all timers fire, and every stream must end by itself.
    private void Quiet()
    {
        foreach (SimNode node in _nodes)
        {
            node.CallsUntilCrash = -1;
        }

        int rounds = 0;
        int still = 0;
        while (still < 3)
        {
            Settle(isAll: true);
            int work = 0;
            foreach (SimLink link in _links)
            {
                work += Move(link, isForth: true, int.MaxValue) + Move(link, isForth: false, int.MaxValue);
            }

            foreach (SimNode node in _nodes)
            {
                work += node.Turn();
            }

            if (Failure is not null || rounds++ > QuietRoundsMax)
            {
                throw new SimFailure(this, Failure ?? "the world never came to rest");
            }

            still = work > 0 ? 0 : still + 1;
            NowNs += work > 0 ? Random.Below(2) * Millisecond : 10_000 * Millisecond; // Then every timer is due.
        }
    }

    private void Judge()
    {
        foreach (SimNode node in _nodes)
        {
            EngineCounters counters = node.Engine.Counters;
            Require(node.Engine.StreamCount == 0, $"{node.Engine.StreamCount} streams never ended on {node.Room}");
            Require(counters.StreamsOpened + counters.StreamsAccepted == counters.StreamsClosed, $"streams on {node.Room} do not add up");
            Require(node.Budget is null || node.Budget.CreditBytes == node.BudgetBytes, $"the budget of {node.Room} holds {node.Budget?.CreditBytes} of {node.BudgetBytes} bytes in the end");
            Require(node.Engine.Budgets.Count == (node.Budget is null ? 0 : 1), $"{node.Room} still knows {node.Engine.Budgets.Count} budgets");
            Require(node.Engine.Budgets.HeldBytes == 0, $"{node.Room} still holds {node.Engine.Budgets.HeldBytes} bytes of others' budgets");
        }

        foreach (SimNode node in _all)
        {
            Require(node.Engine.Counters.Violations == 0, $"{node.Room} counts {node.Engine.Counters.Violations} violations");
            Require(node.MapsLeft == 0, $"{node.Room}.{node.Life} still has {node.MapsLeft} files mapped");
            Exception? fault = node.Faults.FirstOrDefault(fault => fault is not SimFaultException);
            Require(fault is null, $"a handler on {node.Room} threw {fault}");
        }

        foreach (SimPeer peer in Peers)
        {
            Require(peer.IsClosed || !peer.Node.IsAlive, $"never closed: {peer}");
        }

        foreach (SimConversation conversation in Conversations)
        {
            Require(
                IsFaulty || conversation.IsDisturbed || (conversation.Request.HasGotEnd && conversation.Reply.HasGotEnd),
                $"nothing was wrong, but it did not end well: {conversation}");
        }
    }

    private void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new SimFailure(this, string.Join("\n", [otherwise, .. Peers.Where(peer => !peer.IsClosed && peer.Node.IsAlive).Select(peer => peer.ToString()).Take(6), .. Conversations.Select(each => each.ToString()).Take(4)]));
        }
    }

    public void Dispose()
    {
        foreach (SimNode node in _nodes)
        {
            node.Dispose();
        }

        foreach (SimLink link in _links)
        {
            link.Dispose();
        }
    }
}

/// <summary>A rule was broken; the seed replays it.</summary>
internal sealed class SimFailure(SimWorld world, string problem) : Exception($"seed {world.Seed}{(world.Harm is { } harm ? $", {harm}" : "")}: {problem}\nreplay with SLUICE_TEST_SEED={world.Seed}");
