using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Tests.Segments;

/// <summary>Nobody is inside once the gate is closed, and nobody waits to get in.</summary>
public sealed class WriterGateTests
{
    [Fact]
    public void Once_it_is_closed_nobody_is_inside_and_nobody_enters()
    {
        for (int round = 0; round < 200; round++)
        {
            var gate = new WriterGate();
            int inside = 0;
            bool isClosed = false;
            bool wasBroken = false;
            Thread[] engines = [.. Enumerable.Range(0, 3).Select(_ => new Thread(() =>
            {
                while (gate.TryEnter())
                {
                    Interlocked.Increment(ref inside);
                    wasBroken |= Volatile.Read(ref isClosed);
                    Interlocked.Decrement(ref inside);
                    gate.Leave();
                }
            }))];
            Array.ForEach(engines, engine => engine.Start());
            gate.Close();
            Assert.Equal(0, Volatile.Read(ref inside));
            Volatile.Write(ref isClosed, true);
            Assert.False(gate.TryEnter());
            Array.ForEach(engines, engine => engine.Join());
            Assert.False(wasBroken);
        }
    }
}
