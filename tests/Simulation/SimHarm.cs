namespace Sluice.Simulation;

/// <summary>One planned harm in a world that is otherwise left in peace: the same world is lived through once for each place of it.</summary>
internal sealed class SimHarm
{
    /// <summary>The node that dies, or -1.</summary>
    public int Node { get; init; } = -1;

    /// <summary>It dies in the middle of this call of a handler, counted from 0.</summary>
    public int Call { get; init; } = -1;

    /// <summary>After so many frames, over all wires, the one that carried the last is cut; -1 for never.</summary>
    public int Frame { get; init; } = -1;

    /// <summary>Calls of handlers by node, so far.</summary>
    public int[] Calls { get; } = new int[SimWorld.NodesMax];

    /// <summary>Frames that crossed a wire, so far.</summary>
    public int Frames { get; set; }

    public override string ToString() => Node >= 0 ? $"node {Node} dies at call {Call}" : Frame >= 0 ? $"a wire is cut after frame {Frame}" : "no harm";
}
