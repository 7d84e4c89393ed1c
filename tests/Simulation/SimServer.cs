using Sluice.Frames;

namespace Sluice.Simulation;

/// <summary>Takes conversations on a node; refuses some.</summary>
internal sealed class SimServer(SimNode node) : IBinding
{
    public StreamHandler? Accept(in BeginFrame begin)
    {
        if (!node.Enter())
        {
            return null;
        }

        SimConversation conversation = node.World.Conversations[BitConverter.ToInt32(begin.Extension)];
        if (node.World.Random.OneIn(20))
        {
            conversation.Disturb();
            return node.World.Random.OneIn(2) ? null : throw new SimFaultException();
        }

        return new SimPeer(node, conversation, isClient: false);
    }
}
