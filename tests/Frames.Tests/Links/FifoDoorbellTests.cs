using Sluice.Frames.Links;

namespace Sluice.Frames.Tests;

public class FifoDoorbellTests
{
    [Fact]
    public void A_bell_rung_more_often_than_its_fifo_holds_bytes_still_wakes()
    {
        string directory = Directory.CreateTempSubdirectory("sluice-bell-").FullName;
        try
        {
            using var thread = new EngineThread(new FrameEngine(0, "test", FifoDoorbell.Create(Path.Combine(directory, "bell"))), spinUsMax: 0);
            using var done = new AutoResetEvent(false);
            for (int i = 0; i < 70_000; i++)
            {
                thread.Engine.Post(static state => ((AutoResetEvent)state!).Set(), done);
                Assert.True(done.WaitOne(5000), $"the engine slept through ring {i}");
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
