using System.Buffers;

namespace Sluice.Frames.Memory;

/// <summary>Frames that wait, in order, for room in a full ring. Rare: it costs a rented array per waiting frame.</summary>
internal sealed class FrameOverflow
{
    private readonly Queue<(byte[] Array, int Bytes)> _frames = [];
    private byte[]? _claimed;

    public bool IsEmpty => _frames.Count == 0;

    public int Count => _frames.Count;

    public Span<byte> Claim(int bytes)
    {
        if (_claimed is not null)
        {
            ArrayPool<byte>.Shared.Return(_claimed); // A claim that was forgotten.
        }

        _claimed = ArrayPool<byte>.Shared.Rent(bytes);
        return _claimed.AsSpan(0, bytes);
    }

    public void Commit(int bytes)
    {
        byte[] claimed = _claimed ?? throw new InvalidOperationException("nothing was claimed");
        System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(claimed, bytes);
        _frames.Enqueue((claimed, bytes));
        _claimed = null;
    }

    public bool TryPeek(out ReadOnlySpan<byte> record)
    {
        if (_frames.TryPeek(out (byte[] Array, int Bytes) frame))
        {
            record = frame.Array.AsSpan(0, frame.Bytes);
            return true;
        }

        record = default;
        return false;
    }

    public void Pop() => ArrayPool<byte>.Shared.Return(_frames.Dequeue().Array);

    public void Clear()
    {
        while (_frames.Count > 0)
        {
            Pop();
        }
    }
}
