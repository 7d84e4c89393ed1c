using Sluice.Edge.Echo;
using Sluice.Frames;
using Sluice.Frames.Testing;

namespace Sluice.Edge.Tests.Echo;

/// <summary>config-core §3.8: echo returns what it gets.</summary>
public sealed class EchoBindingTests
{
    private const long Origin = 1;
    private const long Echo = 2;

    [Fact]
    public void Echo_returns_extension_content_flush_and_end()
    {
        using var test = new TestEngine();
        ScriptedStream client = Open(test);
        client.Send("hello", DataFlags.Init, [7]);
        client.Send(" world", DataFlags.Fin);
        client.Port.SendFlush([9]);
        client.Port.SendEnd([8]);
        test.TurnUntilIdle();

        Assert.Equal(["BEGIN", "DATA init 'hello'", "DATA fin ' world'", "FLUSH", "END", "CLOSED"], client.Log);
        Assert.Equal("ext"u8.ToArray(), client.BeginExtension);
        Assert.Equal([7], client.Extensions[1]);
        Assert.Equal([9], client.Extensions[3]);
        Assert.Equal([8], client.Extensions[4]);
    }

    [Fact]
    public void A_null_payload_comes_back_as_null()
    {
        using var test = new TestEngine();
        ScriptedStream client = Open(test);
        Assert.True(client.Port.TrySendNull("key"u8));
        client.Port.SendEnd();
        test.TurnUntilIdle();

        Assert.Equal(["BEGIN", "DATA whole null", "END", "CLOSED"], client.Log);
    }

    [Fact]
    public void Abort_comes_back_as_abort()
    {
        using var test = new TestEngine();
        ScriptedStream client = Open(test);
        client.Port.SendAbort(CloseReason.Cancelled);
        test.TurnUntilIdle();

        Assert.Equal(["BEGIN", "ABORT Cancelled", "CLOSED"], client.Log);
    }

    [Fact]
    public void A_reader_that_acknowledges_nothing_stops_the_writer_and_nothing_is_kept_between()
    {
        using var test = new TestEngine { IsLenient = true };
        ScriptedStream client = Open(test, acknowledges: false, windowBytes: 1000);
        Assert.Equal(1000, client.Port.SendableBytes);
        client.Send(new string('x', 1000));
        test.TurnUntilIdle();

        Assert.Equal(1000, client.Pending);
        Assert.Equal(0, client.Port.SendableBytes);
        client.AcknowledgeAll();
        test.TurnUntilIdle();
        Assert.Equal(1000, client.Port.SendableBytes);
    }

    private static ScriptedStream Open(TestEngine test, bool acknowledges = true, int windowBytes = 64 * 1024)
    {
        test.Engine.Attach(Echo, new Sluice.Edge.Echo.EchoBinding());
        var client = new ScriptedStream { AcknowledgesAtOnce = acknowledges, WindowBytes = windowBytes };
        test.Engine.Open(client, Origin, Echo, "ext"u8);
        test.TurnUntilIdle();
        return client;
    }
}
