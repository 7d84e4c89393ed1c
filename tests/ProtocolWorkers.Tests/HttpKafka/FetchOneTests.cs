using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using static Sluice.ProtocolWorkers.Tests.HttpKafka.HttpKafkaBed;

namespace Sluice.ProtocolWorkers.Tests.HttpKafka;

/// <summary>Fetch one (config-kafka §4.8). <c>AQIADg==</c> is partition 0 at offset 7.</summary>
public sealed class FetchOneTests
{
    [Fact]
    public void A_value_is_200_with_its_length_type_and_position()
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Get("/items/7");
        Assert.Equal("fetch items bounded starts [] filters [key=7]", AskedOf(bed.KafkaStream));
        bed.Reply(bed.KafkaStream, 6);
        bed.Record(bed.KafkaStream, "{\"name\":1}", [7], "content-type=application/json", "secret=s");
        Assert.Equal("200 content-length=10 content-type=application/json etag=AQIADg==", ResponseOf(client));
        Assert.Equal("{\"name\":1}", client.ReceivedText);
        Assert.Equal(["END", "CLOSED"], client.Log[^2..]);
        Assert.Contains("RESET Cancelled", bed.KafkaStream.Log); // Further matches are not wanted.
    }

    [Fact]
    public void A_records_own_etag_follows_the_position()
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Get("/items/7");
        bed.Reply(bed.KafkaStream, 6);
        bed.Record(bed.KafkaStream, "v", [7, 1], "etag=rev-4");
        Assert.Equal("200 content-length=1 etag=AQQADgIC/rev-4", ResponseOf(client));
    }

    [Fact]
    public void An_empty_value_is_204_without_a_length()
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Get("/items/7");
        bed.Reply(bed.KafkaStream, 6);
        bed.Record(bed.KafkaStream, "", [7], "content-type=text/plain");
        Assert.Equal("204 content-type=text/plain etag=AQIADg==", ResponseOf(client));
    }

    [Theory]
    [InlineData("x=y")]
    [InlineData("if-none-match=AQIADg==")]
    public void A_deleted_item_is_404_also_under_if_none_match(string header)
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Get("/items/7", header);
        bed.Reply(bed.KafkaStream, 8);
        bed.Record(bed.KafkaStream, null, [9]);
        Assert.Equal("404 content-length=0", ResponseOf(client));
    }

    [Fact]
    public void No_match_is_404()
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Get("/items/7");
        bed.Reply(bed.KafkaStream, 6);
        Assert.Equal("", ResponseOf(client));
        bed.CaughtUp(bed.KafkaStream);
        Assert.Equal("404 content-length=0", ResponseOf(client));
    }

    [Theory]
    [InlineData("AQIADg==")]
    [InlineData("AQIADg==/rev-4")]
    [InlineData("\"AQIADg==\"")]
    [InlineData("W/\"AQIADg==/rev-4\"")]
    public void If_none_match_resumes_there_and_nothing_later_is_304_with_the_clients_own_text(string etag)
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Get("/items/7", $"if-none-match={etag}");
        Assert.Equal("fetch items bounded starts [-1:-2 0:7] filters [key=7]", AskedOf(bed.KafkaStream));
        bed.Reply(bed.KafkaStream, 6);
        bed.CaughtUp(bed.KafkaStream);
        Assert.Equal($"304 etag={etag}", ResponseOf(client));
    }

    [Theory]
    [InlineData("*")]
    [InlineData("rev-4")]
    [InlineData("\"AQIADg==\", \"AQIACg==\"")]
    [InlineData("AQIADg")]
    [InlineData("\"\"")]
    [InlineData("")]
    public void An_if_none_match_that_names_no_position_is_as_absent(string etag)
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Get("/items/7", $"if-none-match={etag}");
        Assert.Equal("fetch items bounded starts [] filters [key=7]", AskedOf(bed.KafkaStream));
        bed.CaughtUp(bed.KafkaStream);
        Assert.Equal("404 content-length=0", ResponseOf(client));
    }

    [Theory]
    [InlineData("wait=5")]
    [InlineData("respond-async; wait=5")]
    [InlineData("respond-async, WAIT = 5")]
    public void With_prefer_wait_the_read_is_live_and_a_record_answers_when_it_comes(string prefer)
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Get("/items/7", "if-none-match=AQIADg==", $"prefer={prefer}");
        Assert.Equal("fetch items live starts [-1:-1 0:7] filters [key=7]", AskedOf(bed.KafkaStream));
        bed.Reply(bed.KafkaStream, 6);
        bed.CaughtUp(bed.KafkaStream, isBounded: false);
        bed.Test.Advance(4999);
        Assert.Equal("", ResponseOf(client));
        bed.Record(bed.KafkaStream, "v", [8]);
        Assert.Equal("200 content-length=1 etag=AQIAEA==", ResponseOf(client));
    }

    [Theory]
    [InlineData("if-none-match=AQIADg==", "304 etag=AQIADg==")]
    [InlineData("x=y", "404 content-length=0")]
    public void When_the_wait_is_over_it_is_304_or_404(string header, string response)
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Get("/items/7", header, "prefer=wait=5");
        bed.Reply(bed.KafkaStream, 6);
        bed.CaughtUp(bed.KafkaStream, isBounded: false);
        bed.Test.Advance(5000);
        Assert.Equal(response, ResponseOf(client));
        Assert.Contains("RESET Cancelled", bed.KafkaStream.Log);
    }

    [Fact]
    public void A_wait_ends_even_when_the_topic_never_answers()
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Get("/items/7", "prefer=wait=1");
        bed.Test.Advance(1000);
        Assert.Equal("404 content-length=0", ResponseOf(client));
    }

    [Fact]
    public void Head_gets_the_headers_of_get_and_no_body()
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Open("HEAD", "/items/7");
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        bed.Reply(bed.KafkaStream, 6);
        bed.Record(bed.KafkaStream, "value", [7]);
        Assert.Equal("200 content-length=5 etag=AQIADg==", ResponseOf(client));
        Assert.Equal(["BEGIN", "END", "CLOSED"], client.Log);
    }

    [Fact]
    public void The_body_of_a_get_is_read_and_dropped()
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Open("GET", "/items/7", "content-length=3");
        client.Send("abc", DataFlags.None);
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        bed.CaughtUp(bed.KafkaStream);
        Assert.Equal("404 content-length=0", ResponseOf(client));
    }

    [Fact]
    public void A_large_value_passes_in_pieces_no_faster_than_the_client_reads()
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        var client = new ScriptedStream { WindowBytes = 8 * 1024, AcknowledgesAtOnce = false };
        bed.Open(client, "GET", "/items/7");
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        bed.Reply(bed.KafkaStream, 6);

        string value = string.Create(100_000, 0, (span, _) => { for (int i = 0; i < span.Length; i++) { span[i] = (char)('a' + (i % 26)); } });
        int sent = 0;
        byte[] extension = RecordExtension(value.Length, [7]);
        int waits = 0;
        while (client.Log.LastOrDefault() != "CLOSED" && waits < 1000)
        {
            int bytes = Math.Min(bed.KafkaStream.Port.SendableBytes, value.Length - sent);
            if (bytes > 0)
            {
                DataFlags flags = (sent == 0 ? DataFlags.Init : DataFlags.None) | (sent + bytes == value.Length ? DataFlags.Fin : DataFlags.None);
                bed.KafkaStream.Send(value.Substring(sent, bytes), flags, sent == 0 ? extension : null);
                sent += bytes;
            }

            bed.Test.TurnUntilIdle();
            Assert.True(sent - client.Received.Length <= 32 * 1024, "never more than one window waits in the room");
            waits++;
            client.AcknowledgeAll();
            bed.Test.TurnUntilIdle();
        }

        Assert.Equal(value, client.ReceivedText);
        Assert.Equal("200 content-length=100000 etag=AQIADg==", ResponseOf(client));
    }

    [Fact]
    public void Kafka_refusing_the_read_is_500()
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Get("/items/7");
        bed.KafkaStream.Port.SendAbort(CloseReason.Refused, KafkaCloseEx.Write(ExtensionWriter.Scratch, KafkaErrors.TopicAuthorizationFailed));
        bed.Test.TurnUntilIdle();
        Assert.Equal("500 content-length=0", ResponseOf(client));
    }

    [Fact]
    public void When_the_way_to_kafka_breaks_before_the_answer_edge_learns_why_and_after_it_the_answer_is_cut()
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream early = bed.Get("/items/7");
        bed.Kafka.Streams[0].Port.Close(CloseReason.PeerLost);
        bed.Test.TurnUntilIdle();
        Assert.Equal(["ABORT PeerLost", "CLOSED"], early.Log);

        ScriptedStream late = bed.Get("/items/7");
        bed.Reply(bed.Kafka.Streams[1], 6);
        bed.Kafka.Streams[1].Send("abc", DataFlags.Init, RecordExtension(10, [7]));
        bed.Test.TurnUntilIdle();
        bed.Kafka.Streams[1].Port.Close(CloseReason.PeerLost);
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "DATA whole 'abc'", "ABORT PeerLost", "CLOSED"], late.Log);
    }

    [Fact]
    public void A_client_that_leaves_closes_the_read()
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Get("/items/7", "prefer=wait=60");
        client.Port.Close(CloseReason.Cancelled);
        bed.Test.TurnUntilIdle();
        Assert.Contains("RESET Cancelled", bed.KafkaStream.Log);
        Assert.Contains("CLOSED", bed.KafkaStream.Log);
    }
}
