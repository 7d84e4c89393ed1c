using Sluice.Frames;
using Sluice.Frames.Extensions;
using Sluice.Frames.Testing;
using static Sluice.ProtocolWorkers.Tests.HttpKafka.HttpKafkaBed;

namespace Sluice.ProtocolWorkers.Tests.HttpKafka;

/// <summary>One-way produce (config-kafka §4.3).</summary>
public sealed class ProduceTests
{
    [Fact]
    public void A_body_of_known_length_is_one_record_and_204_comes_only_with_the_acknowledgement()
    {
        using var bed = new HttpKafkaBed(Routes.Put);
        ScriptedStream client = bed.Open("PUT", "/items/7", "content-type=application/json", "content-length=11", "cookie=c", "accept=*/*");
        Assert.Equal("produce items acks InSyncReplicas", AskedOf(bed.KafkaStream));

        client.Send("{\"name\":1}\n", DataFlags.None);
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "DATA whole '{\"name\":1}\n'", "END"], bed.KafkaStream.Log);
        Assert.Equal("'7' content-type=application/json", RecordOf(bed.KafkaStream));

        bed.Reply(bed.KafkaStream);
        Assert.Equal("", ResponseOf(client));
        bed.Acknowledge(bed.KafkaStream);
        Assert.Equal("204", ResponseOf(client));
        Assert.Equal(["BEGIN", "END", "CLOSED"], client.Log);
        Assert.Contains("CLOSED", bed.KafkaStream.Log);
    }

    [Fact]
    public void A_chunked_body_passes_in_pieces_and_its_end_makes_the_record()
    {
        using var bed = new HttpKafkaBed(Routes.Put);
        ScriptedStream client = bed.Open("PUT", "/items/7", "transfer-encoding=chunked");
        client.Send("ab", DataFlags.None);
        client.Send("cd", DataFlags.None);
        bed.Test.TurnUntilIdle();
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "DATA init 'ab'", "DATA middle 'cd'", "DATA fin ''", "END"], bed.KafkaStream.Log);
        Finish(bed, client);
    }

    [Fact]
    public void A_body_waits_for_the_credit_of_kafka_and_uses_no_more_than_that()
    {
        using var bed = new HttpKafkaBed(Routes.Put, kafkaWindowBytes: 0);
        ScriptedStream client = bed.Open("PUT", "/items/7", "content-length=6");
        Assert.Equal(0, client.Port.SendableBytes);

        bed.KafkaStream.Port.SendWindow(4);
        bed.Test.TurnUntilIdle();
        Assert.Equal(4, client.Port.SendableBytes);
        client.Send("abcd", DataFlags.None);
        bed.Test.TurnUntilIdle();
        client.Send("ef", DataFlags.None);
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "DATA init 'abcd'", "DATA fin 'ef'", "END"], bed.KafkaStream.Log);
        Finish(bed, client);
    }

    [Theory]
    [InlineData("PUT", "content-length=0", "DATA whole ''")]
    [InlineData("PUT", "x=y", "DATA whole ''")]
    [InlineData("DELETE", "x=y", "DATA whole null")]
    public void Without_a_body_the_value_is_empty_and_for_delete_it_is_null(string method, string header, string line)
    {
        using var bed = new HttpKafkaBed(Routes.Put);
        ScriptedStream client = bed.Open(method, "/items/7", header);
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", line, "END"], bed.KafkaStream.Log);
        Finish(bed, client);
    }

    [Fact]
    public void The_body_of_a_delete_is_dropped()
    {
        using var bed = new HttpKafkaBed(Routes.Put, kafkaWindowBytes: 0);
        ScriptedStream client = bed.Open("DELETE", "/items/7", "content-length=40000");
        client.Send(new string('x', 30_000), DataFlags.None);
        client.Send(new string('x', 10_000), DataFlags.None);
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN"], bed.KafkaStream.Log);
        bed.KafkaStream.Port.SendWindow(1); // Without a payload the smallest window is enough.
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "DATA whole null", "END"], bed.KafkaStream.Log);
        Finish(bed, client);
    }

    [Fact]
    public void An_idempotency_key_fills_key_and_overrides_and_overrides_keep_their_case()
    {
        using var bed = new HttpKafkaBed(Routes.Post);
        ScriptedStream client = bed.Open("POST", "/items", "content-type=text/plain", "idempotency-key=k-1");
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal("'k-1' content-type=text/plain X-Trace=t-k-1", RecordOf(bed.KafkaStream));
        Finish(bed, client);
    }

    [Fact]
    public void Without_an_idempotency_header_a_random_uuid_takes_its_place_everywhere()
    {
        using var bed = new HttpKafkaBed(Routes.Post);
        ScriptedStream client = bed.Open("POST", "/items");
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        string[] record = RecordOf(bed.KafkaStream).Split(' ');
        Assert.True(Guid.TryParse(record[0].Trim('\''), out Guid key));
        Assert.Equal($"X-Trace=t-{key}", record[1]);
        Finish(bed, client);
    }

    [Fact]
    public void The_idempotency_header_has_the_name_of_the_options()
    {
        using var bed = new HttpKafkaBed(Routes.Post, "{ idempotency: { header: Request-Id } }");
        ScriptedStream client = bed.Open("POST", "/items", "request-id=r-2", "idempotency-key=k-1");
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.StartsWith("'r-2'", RecordOf(bed.KafkaStream), StringComparison.Ordinal);
        Finish(bed, client);
    }

    [Fact]
    public void An_override_named_content_type_is_a_second_header_and_a_repeated_one_counts_once()
    {
        using var bed = new HttpKafkaBed("""{ exit: items, with: { capability: produce, topic: items, acks: leader_only, overrides: { content-type: text/b } } }""");
        ScriptedStream client = bed.Open("POST", "/", "content-type=text/x", "content-type=text/a");
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal("produce items acks LeaderOnly", AskedOf(bed.KafkaStream));
        Assert.Equal("null content-type=text/a content-type=text/b", RecordOf(bed.KafkaStream));
        Finish(bed, client);
    }

    [Theory]
    [InlineData(KafkaErrors.InvalidRecord, "400")]
    [InlineData(KafkaErrors.TopicAuthorizationFailed, "400")]
    [InlineData(KafkaErrors.MessageTooLarge, "413")]
    [InlineData(KafkaErrors.RecordListTooLarge, "413")]
    [InlineData(KafkaErrors.RequestTimedOut, "503")]
    [InlineData(19, "503")]
    public void What_kafka_refuses_is_400_a_size_is_413_and_what_may_pass_later_is_503(int error, string status)
    {
        using var bed = new HttpKafkaBed(Routes.Put);
        ScriptedStream client = bed.Open("PUT", "/items/7");
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        bed.Reply(bed.KafkaStream);
        bed.KafkaStream.Port.SendAbort(CloseReason.Refused, KafkaCloseEx.Write(ExtensionWriter.Scratch, error));
        bed.KafkaStream.Port.SendReset(CloseReason.Refused);
        bed.Test.TurnUntilIdle();
        Assert.Equal($"{status} content-length=0", ResponseOf(client));
        Assert.Equal(["BEGIN", "END", "CLOSED"], client.Log);
    }

    [Fact]
    public void A_refusal_in_the_middle_of_the_body_answers_and_takes_no_more_of_it()
    {
        using var bed = new HttpKafkaBed(Routes.Put);
        ScriptedStream client = bed.Open("PUT", "/items/7", "content-length=100");
        client.Send("abc", DataFlags.None);
        bed.Test.TurnUntilIdle();
        bed.KafkaStream.Port.SendReset(CloseReason.Refused, KafkaCloseEx.Write(ExtensionWriter.Scratch, KafkaErrors.RecordListTooLarge));
        bed.Test.TurnUntilIdle();
        Assert.Equal("413 content-length=0", ResponseOf(client));
        Assert.Equal(["BEGIN", "END", "RESET Refused", "CLOSED"], client.Log);
    }

    [Theory]
    [InlineData(CloseReason.PeerLost)]
    [InlineData(CloseReason.Unreachable)]
    [InlineData(CloseReason.Shutdown)]
    [InlineData(CloseReason.Failed)]
    public void When_the_way_to_kafka_breaks_the_reason_is_passed_on_for_edge_to_answer(CloseReason reason)
    {
        using var bed = new HttpKafkaBed(Routes.Put);
        ScriptedStream client = bed.Open("PUT", "/items/7");
        bed.KafkaStream.Port.Close(reason);
        bed.Test.TurnUntilIdle();
        Assert.Equal([$"RESET {reason}", "CLOSED"], client.Log);

        ScriptedStream complete = bed.Open("PUT", "/items/8");
        complete.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        bed.Kafka.Streams[1].Port.Close(reason);
        bed.Test.TurnUntilIdle();
        Assert.Equal([$"ABORT {reason}", "CLOSED"], complete.Log);
    }

    [Fact]
    public void A_client_that_leaves_in_the_middle_aborts_the_record()
    {
        using var bed = new HttpKafkaBed(Routes.Put);
        ScriptedStream client = bed.Open("PUT", "/items/7", "content-length=100");
        client.Send("abc", DataFlags.None);
        bed.Test.TurnUntilIdle();
        client.Port.Close(CloseReason.Cancelled);
        bed.Test.TurnUntilIdle();
        Assert.Equal("ABORT Cancelled", bed.KafkaStream.Log[2]);
        Assert.DoesNotContain("DATA fin", string.Join('|', bed.KafkaStream.Log), StringComparison.Ordinal);
    }

    [Fact]
    public void A_client_that_leaves_after_the_last_byte_does_not_take_the_record_with_it()
    {
        using var bed = new HttpKafkaBed(Routes.Put);
        ScriptedStream client = bed.Open("PUT", "/items/7", "content-length=3");
        client.Send("abc", DataFlags.None);
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        client.Port.Close(CloseReason.Cancelled);
        bed.Test.TurnUntilIdle();
        Assert.Equal(["BEGIN", "DATA whole 'abc'", "END"], bed.KafkaStream.Log.Take(3));
        Assert.DoesNotContain("ABORT Cancelled", bed.KafkaStream.Log);
    }

    [Fact]
    public void An_end_without_acknowledgement_is_no_success()
    {
        using var bed = new HttpKafkaBed(Routes.Put);
        ScriptedStream client = bed.Open("PUT", "/items/7");
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        bed.Reply(bed.KafkaStream);
        bed.KafkaStream.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal(["ABORT Failed", "CLOSED"], client.Log);
    }

    [Fact]
    public void With_a_time_limit_a_missing_acknowledgement_is_503_and_without_one_it_waits()
    {
        using var bed = new HttpKafkaBed(Routes.Put, produceTimeoutMs: 5000);
        ScriptedStream client = bed.Open("PUT", "/items/7");
        client.Port.SendEnd();
        bed.Test.Advance(4999);
        Assert.Equal("", ResponseOf(client));
        bed.Test.Advance(1);
        Assert.Equal("503 content-length=0", ResponseOf(client));

        using var patient = new HttpKafkaBed(Routes.Put);
        ScriptedStream waiting = patient.Open("PUT", "/items/7");
        waiting.Port.SendEnd();
        patient.Test.Advance(86_400_000);
        Assert.Equal("", ResponseOf(waiting));
        Finish(patient, waiting);
    }

    [Fact]
    public void Metadata_that_no_frame_can_hold_is_413()
    {
        using var bed = new HttpKafkaBed("""{ when: [ { path: "/{id}" } ], exit: items, with: { capability: produce, topic: items, key: "${params.id}", overrides: { a: "${params.id}" } } }""");
        ScriptedStream client = bed.Open("PUT", "/" + new string('x', 40_000));
        client.Port.SendEnd();
        bed.Test.TurnUntilIdle();
        Assert.Equal("413 content-length=0", ResponseOf(client));
        Assert.Empty(bed.Kafka.Streams);
    }

    private static void Finish(HttpKafkaBed bed, ScriptedStream client)
    {
        bed.Reply(bed.KafkaStream);
        bed.Acknowledge(bed.KafkaStream);
        Assert.Equal("204", ResponseOf(client));
    }
}
