using Sluice.Frames.Memory;

namespace Sluice.Frames.Links;

/// <summary>A bell with a name: any process of the same user rings it by writing one byte to a fifo. Linux and macOS.</summary>
internal sealed class FifoDoorbell : Doorbell
{
    private readonly bool _isOwner;
    private int _descriptor;

    private FifoDoorbell(string path, int descriptor, bool isOwner)
    {
        Path = path;
        _descriptor = descriptor;
        _isOwner = isOwner;
    }

    public override string Path { get; }

    public override int Descriptor => _descriptor;

    /// <summary>Makes the bell that this process will wait on.</summary>
    /// <exception cref="IOException">The fifo cannot be made there.</exception>
    public static FifoDoorbell Create(string path)
    {
        File.Delete(path);
        int descriptor = Unix.MakeFifo(path) ? Unix.OpenFifo(path) : -1;
        return descriptor >= 0
            ? new FifoDoorbell(path, descriptor, isOwner: true)
            : throw new IOException($"cannot make the doorbell {path}; check that the run directory exists and belongs to this user");
    }

    /// <summary>Opens the bell of another process; null when it is gone.</summary>
    public static FifoDoorbell? TryOpen(string path)
    {
        int descriptor = Unix.OpenFifo(path);
        return descriptor >= 0 ? new FifoDoorbell(path, descriptor, isOwner: false) : null;
    }

    // A full fifo means that it has been rung 64 Ki times and nobody has looked: one more adds nothing.
    public override void Ring() => Unix.WriteByte(_descriptor);

    public override void Wait(int timeoutMs)
    {
        if (Unix.PollRead(_descriptor, timeoutMs))
        {
            Drain();
        }
    }

    public override void Drain()
    {
        Span<byte> rings = stackalloc byte[1024];
        while (Unix.Read(_descriptor, rings) == rings.Length)
        {
        }
    }

    protected override void Dispose(bool disposing)
    {
        int descriptor = Interlocked.Exchange(ref _descriptor, -1);
        if (descriptor >= 0)
        {
            Unix.Close(descriptor);
            if (_isOwner)
            {
                RunFile.Delete(Path);
            }
        }
    }
}
