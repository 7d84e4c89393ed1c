namespace Sluice.Frames;

/// <summary>One turn of an engine that takes, or took, too long: all else on that engine waits for it.</summary>
/// <param name="Room">The room of the process.</param>
/// <param name="Engine">The engine's number in it.</param>
/// <param name="Handler">What ran when it was noticed: the type of a stream's handler, a binding, a socket's handler, or the method of a
/// timer or a post.</param>
/// <param name="ForMs">How long the turn lasts already; in the end, how long it took.</param>
public sealed record EngineStall(string Room, int Engine, string Handler, long ForMs);
