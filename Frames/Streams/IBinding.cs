namespace Sluice.Frames;

/// <summary>A protocol at work on one engine: decides whether it takes a stream, and who handles it.</summary>
/// <remarks>
/// There is one instance per engine and all its members are called on that engine's thread, so it needs no lock.
/// docs/bindings.md explains the contract with <c>echo</c> as the example.
/// </remarks>
public interface IBinding
{
    /// <summary>Takes or refuses a stream that was opened to this binding.</summary>
    /// <param name="begin">The opening frame; its extension says what is asked for.</param>
    /// <returns>The handler of the stream, or null to refuse it: the engine then answers RESET with <see cref="CloseReason.NoRoute"/>.</returns>
    StreamHandler? Accept(in BeginFrame begin);
}
