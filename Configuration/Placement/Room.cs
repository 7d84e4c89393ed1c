namespace Sluice.Configuration.Placement;

/// <summary>The service that runs a binding (design.md §2).</summary>
public enum Room
{
    /// <summary>Sockets and client protocols.</summary>
    Edge,

    /// <summary>The mappings between protocols and Kafka, and the read side of the cache.</summary>
    ProtocolWorkers,

    /// <summary>The Kafka cache and the Kafka client, with everything that only the Kafka client dials through.</summary>
    KafkaCache,
}
