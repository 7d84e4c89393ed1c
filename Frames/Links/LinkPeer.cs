namespace Sluice.Frames.Links;

/// <summary>Who is at the other end of a way: the same for all who see that process, and for the one that takes its place after a crash.</summary>
/// <param name="Key">Names the instance; 0 for the engine's own process.</param>
/// <param name="Engine">The engine's number over there.</param>
/// <param name="IsNear">It shares memory, and so files, with this process.</param>
internal readonly record struct LinkPeer(long Key, int Engine, bool IsNear)
{
    /// <summary>The engine itself.</summary>
    public static readonly LinkPeer Self = new(0, 0, IsNear: true);

    /// <summary>Names an instance by what its hello says. Never 0.</summary>
    public static long KeyOf(string room, string host, int instance)
    {
        ulong hash = 14695981039346656037; // FNV-1a
        foreach (char c in $"{room}/{host}/{instance}")
        {
            hash = (hash ^ c) * 1099511628211;
        }

        return hash == 0 ? 1 : (long)hash;
    }

    /// <summary>How much a wish is at home here: of all candidates the one with the highest score is chosen.</summary>
    /// <remarks>So whoever sees the same candidates makes the same choice, and one that comes or goes moves only its own share.</remarks>
    public static ulong Score(long wish, long candidate)
    {
        ulong x = (ulong)wish + ((ulong)candidate * 0x9E3779B97F4A7C15); // splitmix64
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
