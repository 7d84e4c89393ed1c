namespace Sluice.Simulation;

/// <summary>One conversation from client to server, perhaps over proxies, and how it must go.</summary>
internal sealed class SimConversation
{
    public SimConversation(SimWorld world, int number)
    {
        SimRandom random = world.Random;
        Number = number;
        Request = new SimDirection(random);
        Reply = new SimDirection(random);
        Client = random.Below(world.NodeCount);
        int proxies = random.Pick(0, 0, 1, 1, 2);
        Hops = new byte[proxies + 1];
        for (int i = 0; i < proxies; i++)
        {
            Hops[i] = (byte)(SimNode.ProxyId + random.Below(world.NodeCount));
        }

        Hops[proxies] = (byte)(SimNode.ServerId + random.Below(world.NodeCount));
    }

    public int Number { get; }

    public int Client { get; }

    /// <summary>Binding ids on the way; each takes the first and passes on the rest.</summary>
    public byte[] Hops { get; }

    /// <summary>True when it crosses no link.</summary>
    public bool IsOnOneNode => Array.TrueForAll(Hops, hop => hop % 100 == Client);

    public SimDirection Request { get; }

    public SimDirection Reply { get; }

    /// <summary>True when a peer did something that cuts the conversation short.</summary>
    public bool IsDisturbed { get; private set; }

    public void Disturb()
    {
        IsDisturbed = true;
        Request.IsGivenUp = true;
        Reply.IsGivenUp = true;
    }

    public override string ToString() => $"conversation {Number} from n{Client} over {string.Join(' ', Hops)}: request {Request}; reply {Reply}";
}
