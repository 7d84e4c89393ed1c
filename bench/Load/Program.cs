using Sluice.Bench.Load;

// One benchmark a run, named by the first argument; see bench/run.
if (args.Length == 0)
{
    Console.Error.WriteLine("usage: Load http-crud [--connections N] [--seconds N]");
    return 2;
}

var options = LoadOptions.Parse(args);
if (options is null)
{
    return 2;
}

try
{
    switch (args[0])
    {
        case "http-crud":
            await HttpCrud.RunAsync(options);
            return 0;
        default:
            Console.Error.WriteLine($"there is no benchmark '{args[0]}'");
            return 2;
    }
}
catch (Exception exception) when (exception is IOException or TimeoutException or InvalidOperationException)
{
    Console.Error.WriteLine($"bench: {exception.Message}");
    return 1;
}
