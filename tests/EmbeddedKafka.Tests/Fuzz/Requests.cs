using System.Net;
using Sluice.EmbeddedKafka.Log;
using Sluice.EmbeddedKafka.Net;
using Sluice.EmbeddedKafka.Wire;

namespace Sluice.EmbeddedKafka.Tests.Fuzz;

/// <summary>Makes request bodies that are almost right: the shape of the API, then random damage.</summary>
internal static class Requests
{
    private static readonly string[] Names = ["items", "group", "t", "", "__consumer_offsets", "range", "1", "cleanup.policy", "compact", "no/such"];

    /// <summary>A body of random but plausible primitives; good enough to get through the first structures of any API.</summary>
    public static byte[] Body(Random random, Api api, short version)
    {
        using var writer = new WireWriter { Flexible = api.IsFlexible(version) };
        if (api.Key == ApiKey.Produce)
        {
            Produce(random, writer);
        }

        int pieces = random.Next(1, 25);
        for (int i = 0; i < pieces; i++)
        {
            switch (random.Next(9))
            {
                case 0:
                case 1:
                case 2:
                    writer.String(random.Next(12) == 0 ? null : Names[random.Next(Names.Length)]);
                    break;
                case 3:
                    writer.Int32(random.Next(4) == 0 ? random.Next() - (int.MaxValue / 2) : random.Next(-2, 5));
                    break;
                case 4:
                    writer.Int64(random.Next(-5, 5));
                    break;
                case 5:
                    writer.Int16((short)random.Next(-2, 3));
                    break;
                case 6:
                case 7:
                    writer.Array(random.Next(0, 3));
                    break;
                default:
                    writer.Tags();
                    writer.Int8((sbyte)random.Next(-2, 3));
                    break;
            }
        }

        byte[] body = writer.Written.ToArray();
        for (int flips = random.Next(4); flips > 0 && body.Length > 0; flips--)
        {
            body[random.Next(body.Length)] = (byte)random.Next(256);
        }

        return random.Next(5) == 0 ? body[..random.Next(body.Length + 1)] : body;
    }

    public static Peer Peer(CancellationToken closing) => new(new IPEndPoint(IPAddress.Loopback, 9092), "/127.0.0.1", new Sluice.EmbeddedKafka.Sasl.UserTable(new Dictionary<string, string>()), closing);

    private static void Produce(Random random, WireWriter writer)
    {
        var builder = new BatchBuilder(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            builder.Add(builder.Count, "key"u8, random.Next(2) == 0, "value"u8);
        }

        byte[] batch = builder.Build(random.Next(3) == 0 ? random.Next(5) : -1, (short)random.Next(-1, 2)).ToArray();
        for (int flips = random.Next(3); flips > 0; flips--)
        {
            batch[random.Next(batch.Length)] ^= (byte)(1 << random.Next(8));
        }

        if (random.Next(2) == 0 && new Batch(batch).SizeBytes == batch.Length)
        {
            new Batch(batch).Seal(); // Damage that the checksum does not find.
        }

        writer.String(random.Next(3) == 0 ? "txn" : null);
        writer.Int16((short)random.Next(-1, 2));
        writer.Int32(1000);
        writer.Array(1);
        writer.String(random.Next(2) == 0 ? "items" : "compacted");
        writer.Array(1);
        writer.Int32(random.Next(2));
        writer.Bytes(batch);
        writer.Tags();
        writer.Tags();
        writer.Tags();
    }
}
