using Sluice.Frames.Testing;

namespace Sluice.Frames.Tests;

/// <summary>The table of stream ends against a dictionary.</summary>
public sealed class PortTableTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_order_of_additions_and_removals_is_that_of_a_dictionary(int seed)
    {
        using TestEngine test = new();
        test.IsLenient = true; // Its streams are only here to be put into a table.
        var random = new Random(seed);
        var table = new PortTable();
        var model = new Dictionary<long, StreamPort>();
        List<StreamPort> all = [];
        for (int i = 0; i < 3000; i++)
        {
            all.Add(test.Engine.Open(new ScriptedStream(), 1, 2));
        }

        for (int i = 0; i < 60_000; i++)
        {
            StreamPort port = all[random.Next(i / 20_000 == 1 ? 3000 : 300)];
            if (random.Next(2) == 0)
            {
                if (model.TryAdd(port.ConversationId, port))
                {
                    table.Add(port);
                }
            }
            else
            {
                Assert.Equal(model.Remove(port.ConversationId), table.Remove(port));
            }

            StreamPort asked = all[random.Next(all.Count)];
            Assert.Equal(model.GetValueOrDefault(asked.ConversationId), table.TryGetValue(asked.ConversationId, out StreamPort? found) ? found : null);
            Assert.Equal(model.Count, table.Count);
        }

        Assert.Equal(model.Values.OrderBy(port => port.ConversationId), table.Values.OrderBy(port => port.ConversationId));
        Assert.All(model.Keys.ToArray(), id => Assert.True(table.Contains(id)));
    }
}
