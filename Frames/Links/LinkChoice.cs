namespace Sluice.Frames;

/// <summary>How a process reaches the rooms it opens streams to.</summary>
public enum LinkChoice
{
    /// <summary>Shared memory to instances on this host, gRPC to those that have an address and are not here.</summary>
    Auto,

    /// <summary>Shared memory only.</summary>
    SharedMemory,

    /// <summary>gRPC only.</summary>
    Grpc,
}

/// <summary>The words of the setting SLUICE_LINKS.</summary>
public static class LinkChoices
{
    /// <summary>The variable that forces a choice.</summary>
    public const string Variable = "SLUICE_LINKS";

    /// <summary>Reads the setting; nothing means <see cref="LinkChoice.Auto"/>.</summary>
    /// <exception cref="ArgumentException">It is another word.</exception>
    public static LinkChoice Parse(string? text) => text switch
    {
        null or "" or "auto" => LinkChoice.Auto,
        "shm" => LinkChoice.SharedMemory,
        "grpc" => LinkChoice.Grpc,
        _ => throw new ArgumentException($"{Variable} is '{text}'; it must be auto, shm or grpc"),
    };
}
