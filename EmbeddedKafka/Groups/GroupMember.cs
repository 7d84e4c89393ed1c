using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Groups;

/// <summary>One way of sharing out partitions that a member offers, with the member's subscription in that protocol's bytes.</summary>
internal sealed record GroupProtocol(string Name, byte[] Metadata);

/// <summary>A request to join, as read from the wire.</summary>
internal sealed record JoinRequest(
    string Group, string MemberId, string? InstanceId, string ClientId, string Host, int SessionTimeoutMs, int RebalanceTimeoutMs,
    string ProtocolType, List<GroupProtocol> Protocols, bool NeedsKnownId, bool MaySkipAssignment);

/// <summary>The answer to a join; only the leader gets <paramref name="Members"/>.</summary>
internal sealed record JoinResult(
    ErrorCode Error, int Generation = -1, string? ProtocolType = null, string? ProtocolName = null, string Leader = "",
    string MemberId = "", bool SkipAssignment = false, List<JoinedMember>? Members = null);

internal sealed record JoinedMember(string MemberId, string? InstanceId, byte[] Metadata);

internal sealed record SyncResult(ErrorCode Error, string? ProtocolType, string? ProtocolName, byte[] Assignment)
{
    public static SyncResult Of(ErrorCode error) => new(error, null, null, []);
}

/// <summary>A member of a classic group; guarded by its group's lock.</summary>
internal sealed class GroupMember(string id, JoinRequest request)
{
    public string Id { get; } = id;

    public string? InstanceId { get; } = request.InstanceId;

    public string ClientId { get; } = request.ClientId;

    public string Host { get; } = request.Host;

    public int SessionTimeoutMs { get; private set; } = request.SessionTimeoutMs;

    public int RebalanceTimeoutMs { get; private set; } = request.RebalanceTimeoutMs;

    public List<GroupProtocol> Protocols { get; private set; } = request.Protocols;

    public byte[] Assignment { get; set; } = [];

    /// <summary>When the member is given up, by <see cref="Environment.TickCount64"/>.</summary>
    public long ExpiresAt { get; set; }

    /// <summary>The join that waits for the others, if any.</summary>
    public TaskCompletionSource<JoinResult>? Joining { get; set; }

    /// <summary>The sync that waits for the leader, if any.</summary>
    public TaskCompletionSource<SyncResult>? Syncing { get; set; }

    public bool HasSynced { get; set; }

    public void Update(JoinRequest request) =>
        (SessionTimeoutMs, RebalanceTimeoutMs, Protocols) = (request.SessionTimeoutMs, request.RebalanceTimeoutMs, request.Protocols);

    public byte[] MetadataFor(string? protocol) => Protocols.Find(p => p.Name == protocol)?.Metadata ?? [];

    public bool Offers(List<GroupProtocol> protocols) =>
        protocols.Count == Protocols.Count &&
        protocols.Zip(Protocols).All(pair => pair.First.Name == pair.Second.Name && pair.First.Metadata.AsSpan().SequenceEqual(pair.Second.Metadata));
}
