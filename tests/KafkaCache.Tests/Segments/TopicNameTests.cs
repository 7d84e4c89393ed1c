using System.Text;
using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Tests.Segments;

public sealed class TopicNameTests
{
    [Theory]
    [InlineData("orders", true)]
    [InlineData("a.b_c-1", true)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("../etc", false)]
    [InlineData("a b", false)]
    [InlineData("ü", false)]
    public void Topic_names_are_those_that_Kafka_allows(string topic, bool isAllowed) =>
        Assert.Equal(isAllowed, TopicName.IsValid(Encoding.UTF8.GetBytes(topic)));
}
