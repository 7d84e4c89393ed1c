using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using static Sluice.ProtocolWorkers.Tests.HttpKafka.HttpKafkaBed;

namespace Sluice.ProtocolWorkers.Tests.HttpKafka;

/// <summary>Fetch merged (config-kafka §4.9). <c>AQIADA==</c> is partition 0 with 6 as its latest offset.</summary>
public sealed class FetchMergedTests
{
    [Fact]
    public void Values_become_one_array_verbatim_without_null_and_empty_ones()
    {
        using var bed = new HttpKafkaBed(Routes.GetAll);
        ScriptedStream client = bed.Get("/items");
        Assert.Equal("fetch items bounded starts [] filters []", AskedOf(bed.KafkaStream));
        bed.Reply(bed.KafkaStream, 6);
        Assert.Equal("200 content-type=application/json etag=AQIADA==", ResponseOf(client));
        bed.Record(bed.KafkaStream, "{\"a\": 1}", [1]);
        bed.Record(bed.KafkaStream, null, [2]);
        bed.Record(bed.KafkaStream, "", [3]);
        bed.Record(bed.KafkaStream, " not json\r\n", [4]);
        bed.CaughtUp(bed.KafkaStream);
        Assert.Equal("[{\"a\": 1}, not json\r\n]", client.ReceivedText);
        Assert.Equal(["END", "CLOSED"], client.Log[^2..]);
    }

    [Fact]
    public void A_list_of_a_hundred_small_records_reaches_edge_in_one_frame()
    {
        using var bed = new HttpKafkaBed(Routes.GetAll);
        ScriptedStream client = bed.Get("/items");
        bed.Reply(bed.KafkaStream, 99);
        for (int i = 0; i < 100; i++)
        {
            bed.Record(bed.KafkaStream, $"{{\"number\":{i}}}", [i + 1]);
        }

        bed.CaughtUp(bed.KafkaStream);
        Assert.Single(client.Log, line => line.StartsWith("DATA", StringComparison.Ordinal));
        Assert.Equal($"[{string.Join(',', Enumerable.Range(0, 100).Select(i => $"{{\"number\":{i}}}"))}]", client.ReceivedText);
    }

    [Theory]
    [InlineData(new long[] { -1 }, "AQIAAQ==")]
    [InlineData(new long[] { -1, -1, -1 }, "AQYAAQIBBAE=")]
    public void Nothing_is_an_empty_array_with_the_etag_of_empty_partitions(long[] latest, string etag)
    {
        using var bed = new HttpKafkaBed(Routes.GetAll);
        ScriptedStream client = bed.Get("/items");
        bed.Reply(bed.KafkaStream, latest);
        bed.CaughtUp(bed.KafkaStream);
        Assert.Equal($"200 content-type=application/json etag={etag}", ResponseOf(client));
        Assert.Equal("[]", client.ReceivedText);
    }

    [Theory]
    [InlineData("AQIADA==")]
    [InlineData("\"AQIADA==\"")]
    [InlineData("W/\"AQIADA==\"")]
    public void The_same_etag_is_304_with_type_and_etag(string etag)
    {
        using var bed = new HttpKafkaBed(Routes.GetAll);
        ScriptedStream client = bed.Get("/items", $"if-none-match={etag}", "prefer=wait=5");
        bed.Reply(bed.KafkaStream, 6);
        Assert.Equal("304 content-type=application/json etag=AQIADA==", ResponseOf(client));
        Assert.Contains("RESET Cancelled", bed.KafkaStream.Log);
    }

    [Fact]
    public void Another_etag_gives_the_whole_list()
    {
        using var bed = new HttpKafkaBed(Routes.GetAll);
        ScriptedStream client = bed.Get("/items", "if-none-match=AQIACg==");
        bed.Reply(bed.KafkaStream, 6);
        bed.CaughtUp(bed.KafkaStream);
        Assert.Equal("200 content-type=application/json etag=AQIADA==", ResponseOf(client));
    }

    [Fact]
    public void Head_gets_the_headers_of_get_and_no_body()
    {
        using var bed = new HttpKafkaBed(Routes.GetAll);
        ScriptedStream client = bed.Open("HEAD", "/items");
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        bed.Reply(bed.KafkaStream, 6);
        Assert.Equal("200 content-type=application/json etag=AQIADA==", ResponseOf(client));
        Assert.Equal(["BEGIN", "END", "CLOSED"], client.Log);
    }

    [Fact]
    public void A_slow_client_holds_kafka_back_and_gets_every_byte()
    {
        using var bed = new HttpKafkaBed(Routes.GetAll);
        var client = new ScriptedStream { WindowBytes = 5000, AcknowledgesAtOnce = false };
        bed.Open(client, "GET", "/items");
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        bed.Reply(bed.KafkaStream, 999);

        List<string> values = [.. Enumerable.Range(0, 300).Select(i => $"\"{new string((char)('a' + (i % 26)), i * 7 % 900)}\"")];
        int next = 0;
        int sentBytes = 0;
        for (int round = 0; client.Log[^1] != "CLOSED" && round < 2000; round++)
        {
            while (next < values.Count && bed.KafkaStream.Port.SendableBytes >= values[next].Length)
            {
                sentBytes += values[next].Length + 1;
                bed.KafkaStream.Send(values[next], DataFlags.Whole, RecordExtension(values[next].Length, [next + 1]));
                next++;
            }

            if (next == values.Count)
            {
                next++;
                bed.CaughtUp(bed.KafkaStream);
            }

            bed.Test.TurnUntilIdle();
            Assert.True(sentBytes - client.Received.Length <= 32 * 1024, "never more than one window waits in the room");
            client.AcknowledgeAll();
            bed.Test.TurnUntilIdle();
        }

        Assert.Equal($"[{string.Join(',', values)}]", client.ReceivedText);
    }

    [Fact]
    public void Pieces_as_large_as_a_frame_still_get_their_comma()
    {
        using var bed = new HttpKafkaBed(Routes.GetAll);
        ScriptedStream client = bed.Get("/items");
        bed.Reply(bed.KafkaStream, 6);
        string value = new('x', 32 * 1024 - 1);
        bed.Record(bed.KafkaStream, value, [1]);
        bed.Record(bed.KafkaStream, value, [2]);
        bed.CaughtUp(bed.KafkaStream);
        Assert.Equal($"[{value},{value}]", client.ReceivedText);
    }

    [Fact]
    public void A_list_that_breaks_off_is_cut_and_never_looks_complete()
    {
        using var bed = new HttpKafkaBed(Routes.GetAll);
        ScriptedStream client = bed.Get("/items");
        bed.Reply(bed.KafkaStream, 6);
        bed.Record(bed.KafkaStream, "1", [1]);
        bed.KafkaStream.Port.Close(CloseReason.PeerLost);
        bed.Test.TurnUntilIdle();
        Assert.Equal("ABORT PeerLost", client.Log[^2]);
        Assert.DoesNotContain(']', client.ReceivedText);
    }

    [Fact]
    public void Kafka_refusing_the_read_is_500()
    {
        using var bed = new HttpKafkaBed(Routes.GetAll);
        ScriptedStream client = bed.Get("/items");
        bed.KafkaStream.Port.SendAbort(CloseReason.Refused, KafkaCloseEx.Write(ExtensionWriter.Scratch, KafkaErrors.TopicAuthorizationFailed));
        bed.Test.TurnUntilIdle();
        Assert.Equal("500 content-length=0", ResponseOf(client));
    }
}
