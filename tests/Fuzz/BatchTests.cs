using Sluice.Frames;
using Sluice.Frames.Grpc;
using Sluice.Frames.Memory;

namespace Sluice.Fuzz;

/// <summary>Messages of a gRPC link: what is no frame ends the call, and only sound records reach the ring.</summary>
public sealed class BatchTests : IDisposable
{
    private const int RoundsInCi = 40_000;

    private readonly RingPair _rings = new(FrameRing.CapacityBytesMin);

    public void Dispose() => _rings.Dispose();

    [Fact]
    public void Any_batch_is_delivered_as_sound_records_or_refused()
    {
        int delivered = 0;
        int refused = 0;
        Rounds.Run(RoundsInCi, random =>
        {
            byte[] batch = random.OneIn(10) ? random.Noise(random.Below(2000)) : Batch(random);
            for (int times = random.Below(4); times > 0; times--)
            {
                random.Damage(batch);
            }

            batch = random.OneIn(5) ? batch[..random.Below(batch.Length + 1)] : batch;
            int at = 0;
            try
            {
                for (int tries = 0; !FrameBatch.TryDeliver(_rings.Inbound, batch, ref at); tries++)
                {
                    Assert.InRange(tries, 0, 100);
                    Drain();
                }

                delivered++;
            }
            catch (InvalidDataException)
            {
                refused++;
            }

            Assert.InRange(at, 0, batch.Length);
            Drain();
        });
        Assert.True(delivered + refused < 100 || (delivered > 0 && refused > 0));
    }

    private static byte[] Batch(FuzzRandom random)
    {
        using var rings = new RingPair(FrameRing.CapacityBytesMin);
        for (int records = 1 + random.Below(6); records > 0; records--)
        {
            byte[] record = random.Pick(Conversation.Forth);
            Assert.True(rings.Outbound.TryClaim(record.Length, out Span<byte> room));
            record.CopyTo(room);
            rings.Outbound.Commit(record.Length);
        }

        byte[] batch = new byte[FrameBatch.BytesMax];
        return batch[..FrameBatch.Gather(rings.Outbound, batch)];
    }

    private void Drain()
    {
        while (_rings.Inbound.TryRead(out ReadOnlySpan<byte> record))
        {
            Assert.True(FrameCheck.IsSound(record));
            _rings.Inbound.Skip();
        }

        Assert.False(_rings.Inbound.IsCorrupt);
        _rings.Inbound.Release();
    }
}
