namespace Sluice.Frames.Extensions;

/// <summary>Says whose metadata an extension holds: its first four bytes.</summary>
public enum ExtensionType
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Addresses of a byte stream, <see cref="ProxyBeginEx"/>.</summary>
    Proxy = 1,

    /// <summary>HTTP headers, <see cref="HttpEx"/>.</summary>
    Http = 2,

    /// <summary>Kafka metadata, <see cref="KafkaBeginEx"/> and its kin.</summary>
    Kafka = 3,
}
