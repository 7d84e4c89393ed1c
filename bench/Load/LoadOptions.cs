namespace Sluice.Bench.Load;

/// <summary>What a benchmark may be told on its command line.</summary>
/// <param name="Connections">Clients at once, each with one request under way; from 1 to 10,000.</param>
/// <param name="Seconds">Length of each measured phase.</param>
/// <param name="WarmUpSeconds">Length of the phase before it that is not counted.</param>
internal sealed record LoadOptions(int Connections = 64, int Seconds = 10, int WarmUpSeconds = 5)
{
    public static LoadOptions? Parse(string[] args)
    {
        var options = new LoadOptions();
        for (int i = 1; i < args.Length; i += 2)
        {
            if (i + 1 >= args.Length || !int.TryParse(args[i + 1], out int value) || value is < 1 or > 10_000)
            {
                Console.Error.WriteLine($"bench: {args[i]} needs a number from 1 to 10000");
                return null;
            }

            switch (args[i])
            {
                case "--connections":
                    options = options with { Connections = value };
                    break;
                case "--seconds":
                    options = options with { Seconds = value };
                    break;
                case "--warm-up":
                    options = options with { WarmUpSeconds = value };
                    break;
                default:
                    Console.Error.WriteLine($"bench: unknown option '{args[i]}'; known: --connections, --seconds, --warm-up");
                    return null;
            }
        }

        return options;
    }
}
