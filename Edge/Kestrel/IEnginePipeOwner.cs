namespace Sluice.Edge.Kestrel;

/// <summary>What the two pipes of a connection ask of it. Engine thread.</summary>
internal interface IEnginePipeOwner
{
    /// <summary>Sends what can go now.</summary>
    /// <returns>Bytes taken; fewer than given when there is no room or no credit for more.</returns>
    int TrySend(ReadOnlySpan<byte> bytes);

    /// <summary>Bytes wait in <see cref="EngineOutput.Queued"/>; <see cref="EngineOutput.Push"/> is to be called when there is room.</summary>
    void OnQueued();

    /// <summary>Kestrel has finished, and all it wrote was taken.</summary>
    void OnSent();

    /// <summary>Kestrel has read on: there may be room again.</summary>
    void OnConsumed();
}
