using Sluice.Frames.Testing;
using static Sluice.ProtocolWorkers.Tests.HttpKafka.HttpKafkaBed;

namespace Sluice.ProtocolWorkers.Tests.HttpKafka;

/// <summary>Route selection and the values that routes take from a request (config-kafka §3.2, §3.3, §4.2).</summary>
public sealed class RoutingTests
{
    [Theory]
    [InlineData("GET", "/nothing")]
    [InlineData("PATCH", "/items/7")]
    [InlineData("OPTIONS", "/items/7")]
    [InlineData("get", "/items/7")]
    [InlineData("GET", "/items/")]
    [InlineData("GET", "/items?x=1")]
    public void Without_a_route_the_request_is_refused_and_nothing_is_opened(string method, string path)
    {
        using var bed = new HttpKafkaBed($"{Routes.Put}\n{Routes.GetAll}\n{Routes.GetOne}");
        ScriptedStream client = bed.Open(method, path);
        Assert.Equal(["RESET NoRoute", "CLOSED"], client.Log);
        Assert.Empty(bed.Kafka.Streams);
    }

    [Theory]
    [InlineData("/items/7", "7")]
    [InlineData("/items/a%20b%2Fc", "a%20b%2Fc")]
    [InlineData("/items/7?x=1", "7?x=1")]
    [InlineData("/items/../up", "../up")]
    [InlineData("/items/a/b", "a/b")]
    public void A_path_parameter_is_taken_as_it_stands_with_slashes_and_query(string path, string key)
    {
        using var bed = new HttpKafkaBed(Routes.GetOne);
        ScriptedStream client = bed.Get(path);
        Assert.Equal($"fetch items bounded starts [] filters [key={key}]", AskedOf(bed.KafkaStream));
        bed.CaughtUp(bed.KafkaStream);
        Assert.Equal("404 content-length=0", ResponseOf(client));
    }

    [Fact]
    public void The_first_route_that_matches_wins()
    {
        using var bed = new HttpKafkaBed("""
            { when: [ { path: "/a/*" } ], exit: items, with: { capability: fetch, topic: first, merge: { content-type: application/json } } }
            { exit: items, with: { capability: fetch, topic: second, merge: { content-type: application/json } } }
            """);
        bed.Get("/a/b");
        bed.Get("/c");
        Assert.StartsWith("fetch first", AskedOf(bed.Kafka.Streams[0]), StringComparison.Ordinal);
        Assert.StartsWith("fetch second", AskedOf(bed.Kafka.Streams[1]), StringComparison.Ordinal);
        bed.Test.IsLenient = true;
    }

    [Fact]
    public void The_route_decides_the_capability_so_a_produce_route_reached_with_get_produces()
    {
        using var bed = new HttpKafkaBed("""{ exit: items, with: { capability: produce, topic: items } }""");
        ScriptedStream client = bed.Get("/whatever");
        Assert.Equal("produce items acks InSyncReplicas", AskedOf(bed.KafkaStream));
        Assert.Contains("DATA whole ''", bed.KafkaStream.Log);
        bed.Reply(bed.KafkaStream);
        bed.Acknowledge(bed.KafkaStream);
        Assert.Equal("204", ResponseOf(client));
    }

    [Fact]
    public void Topic_and_filters_take_values_of_the_request()
    {
        using var bed = new HttpKafkaBed("""{ when: [ { path: "/{region}/items/{id}" } ], exit: items, with: { capability: fetch, topic: "items-${params.region}", filters: [ { key: "${params.id}", headers: { region: "r-${params.region}" } }, { headers: { all: "yes" } } ] } }""");
        ScriptedStream client = bed.Get("/eu/items/7");
        Assert.Equal("fetch items-eu bounded starts [] filters [key=7&region=r-eu | all=yes]", AskedOf(bed.KafkaStream));
        bed.CaughtUp(bed.KafkaStream);
        Assert.Equal("404 content-length=0", ResponseOf(client));
    }
}
