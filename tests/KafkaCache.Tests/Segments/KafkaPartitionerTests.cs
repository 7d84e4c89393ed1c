using System.Text;
using Sluice.KafkaCache.Segments;

namespace Sluice.KafkaCache.Tests.Segments;

public sealed class KafkaPartitionerTests
{
    [Theory]
    [InlineData("foobar", -790332482)]
    [InlineData("abc", 479470107)]
    [InlineData("order-7", 323129857)]
    [InlineData("", 275646681)]
    [InlineData("21", -973932308)]
    [InlineData("a-little-bit-long-string", -985981536)]
    [InlineData("a-little-bit-longer-string", -1486304829)]
    public void Keys_hash_as_in_Kafkas_own_clients(string key, int hash) =>
        Assert.Equal(hash, KafkaPartitioner.Murmur2(Encoding.UTF8.GetBytes(key)));

    [Theory]
    [InlineData(3)]
    [InlineData(12)]
    public void Order_7_goes_to_partition_1(int partitions) =>
        Assert.Equal(1, KafkaPartitioner.PartitionOf("order-7"u8, partitions));

    [Fact]
    public void Every_key_has_a_partition()
    {
        for (int i = 0; i < 1000; i++)
        {
            Assert.InRange(KafkaPartitioner.PartitionOf(BitConverter.GetBytes(i), 7), 0, 6);
        }
    }
}
