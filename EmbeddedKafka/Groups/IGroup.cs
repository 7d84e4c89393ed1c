using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Groups;

/// <summary>What a group is to the coordinator, whichever protocol its members speak. Any thread.</summary>
internal interface IGroup
{
    bool IsEmpty { get; }

    bool IsDead { get; }

    /// <summary>Fires what is due by <paramref name="now"/>, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    void Tick(long now);

    /// <summary>Ends the group: nobody gets in any more. False while it has members.</summary>
    bool TryEnd();

    /// <summary>Whether offsets may be committed by this member, or by somebody who is none while the group is empty.</summary>
    ErrorCode MayCommit(string memberId, string? instanceId, int generation);

    /// <summary>The topics its members read.</summary>
    HashSet<string> Subscribed();

    GroupDescription Describe();
}
