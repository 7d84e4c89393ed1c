namespace Sluice.EmbeddedKafka;

/// <summary>What an embedded broker is started with. The defaults suit a laptop.</summary>
public sealed record BrokerOptions
{
    /// <summary>Where the log is kept. One process at a time; created when missing.</summary>
    public string DataDirectory { get; init; } = Path.Combine(".sluice", "kafka");

    /// <summary>The address to listen on: an IP address, or <c>localhost</c>. Loopback unless said otherwise.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port to listen on, 0 to 65535; 0 takes a free one, told by <see cref="EmbeddedBroker.Port"/>.</summary>
    public int Port { get; init; } = 9092;

    /// <summary>host:port that clients are told to connect to; null tells each client the address it came in by.</summary>
    public string? Advertised { get; init; }

    /// <summary>Topics that exist from the start.</summary>
    public IReadOnlyList<TopicSpec> Topics { get; init; } = [];

    /// <summary>Whether a topic that a client asks for by name is created.</summary>
    public bool AutoCreateTopics { get; init; } = true;

    /// <summary>Partitions of topics created without a number, 1 or more.</summary>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>
    /// True: every batch is on the disk before it is acknowledged. False: it is with the operating system, which puts it on
    /// the disk within <see cref="FlushIntervalMs"/>; a killed process loses nothing, a lost machine at most that much.
    /// </summary>
    public bool SyncEveryBatch { get; init; }

    /// <summary>Names and passwords; with any, clients must log in by SASL PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.</summary>
    public IReadOnlyDictionary<string, string> Users { get; init; } = new Dictionary<string, string>();

    /// <summary>A PEM file with the certificate to show; with it, and <see cref="TlsKeyFile"/>, every connection speaks TLS.</summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary>The PEM file with the certificate's private key.</summary>
    public string? TlsKeyFile { get; init; }

    /// <summary>How often written data is put on the disk, in ms, 10 or more.</summary>
    public int FlushIntervalMs { get; init; } = 1000;

    /// <summary>How often retention and compaction look at the log, in ms, 10 or more.</summary>
    public int CleanIntervalMs { get; init; } = 15_000;

    /// <summary>Connections at a time; more are closed at once. Each costs about 20 KiB, up to 2 MiB while it produces.</summary>
    public int ConnectionsMax { get; init; } = 2000;

    /// <summary>The largest produce request, in bytes: 100 MiB, as in Apache Kafka.</summary>
    public int RequestBytesMax { get; init; } = 100 * 1024 * 1024;

    /// <summary>What all connections together may hold in buffers beyond 64 KiB each, in bytes; whoever needs more is disconnected.</summary>
    public long BufferBytesMax { get; init; } = 512L * 1024 * 1024;

    /// <summary>How long a connection may be silent, in ms: 10 minutes, as in Apache Kafka.</summary>
    public int IdleConnectionMs { get; init; } = 600_000;

    /// <summary>How long a member of the next-generation group protocol may be silent before it is given up, in ms: 45 s, as in Apache Kafka.</summary>
    public int ConsumerSessionTimeoutMs { get; init; } = 45_000;

    /// <summary>How often such a member tells that it lives, in ms, 10 or more; a partition changes hands within two of these. Apache Kafka: 5 s.</summary>
    public int ConsumerHeartbeatIntervalMs { get; init; } = 1000;

    internal TimeProvider Clock { get; init; } = TimeProvider.System;
}
