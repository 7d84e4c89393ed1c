using Sluice.Frames.Memory;

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

    /// <summary>
    /// True for a binding whose streams help what was let in elsewhere (a cache, a client of a broker), or carry a client that can be refused
    /// in its own words. They are let in while any memory is left; all others only while there is plenty (<see cref="MemoryState"/>).
    /// </summary>
    bool IsHelper => false;
}
