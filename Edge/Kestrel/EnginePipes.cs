using System.Buffers;
using Sluice.Frames;

namespace Sluice.Edge.Kestrel;

/// <summary>What the connections of one engine share on their way to Kestrel.</summary>
internal sealed class EnginePipes(FrameEngine engine)
{
    private const int ArrayBytes = 4096; // A request with the headers of a browser; larger ones come from the common pool.
    private const int KeptMax = 256;     // 1 MB an engine: as many connections may be in the middle of something without asking the common pool.

    private readonly Stack<byte[]> _kept = new();

    /// <summary>The engine.</summary>
    public FrameEngine Engine { get; } = engine;

    /// <summary>Brings work back to the engine.</summary>
    public EnginePipeScheduler Scheduler { get; } = new(engine);

    /// <summary>An array of at least so many bytes, and of 4 KiB at least. Any thread.</summary>
    public byte[] Rent(int bytesMin) => bytesMin > ArrayBytes ? ArrayPool<byte>.Shared.Rent(bytesMin)
        : Engine.IsCurrent && _kept.TryPop(out byte[]? array) ? array
        : ArrayPool<byte>.Shared.Rent(ArrayBytes);

    /// <summary>Takes an array back. Any thread.</summary>
    public void Return(byte[] array)
    {
        if (array.Length == ArrayBytes && _kept.Count < KeptMax && Engine.IsCurrent)
        {
            _kept.Push(array);
        }
        else
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
