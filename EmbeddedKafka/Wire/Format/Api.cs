namespace Sluice.EmbeddedKafka.Wire;

/// <summary>What becomes of a request after its handler ran.</summary>
internal enum Outcome
{
    /// <summary>Send what the handler wrote.</summary>
    Reply,

    /// <summary>The request asked for no answer (produce with acks=0).</summary>
    Silent,

    /// <summary>Send what the handler wrote, then close: the peer was turned away.</summary>
    ReplyAndClose,

    /// <summary>The bytes were not that request: the connection is closed.</summary>
    Malformed,
}

/// <summary>One API key of the protocol: which versions are served, and how.</summary>
/// <remarks>Handlers are stateless and shared by all connections; each call runs on the calling connection's loop.</remarks>
internal abstract class Api(ApiKey key, short versionMin, short versionMax, short flexibleFrom)
{
    public ApiKey Key { get; } = key;

    /// <summary>The lowest version told to clients.</summary>
    public short VersionMin { get; } = versionMin;

    /// <summary>The highest version served.</summary>
    public short VersionMax { get; } = versionMax;

    /// <summary>The lowest version truly served; lower ones, though told, are refused.</summary>
    public virtual short ServedFrom => VersionMin;

    /// <summary>Whether it is served before the peer has said who it is.</summary>
    public virtual bool IsBeforeLogin => false;

    public bool IsFlexible(short version) => version >= flexibleFrom;

    public bool Serves(short version) => version >= ServedFrom && version <= VersionMax;

    /// <summary>Reads the body of <paramref name="request"/>, acts, and writes the body of the answer.</summary>
    public abstract ValueTask<Outcome> HandleAsync(Request request, WireWriter reply);
}
