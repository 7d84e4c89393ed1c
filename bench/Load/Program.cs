using System.Globalization;
using Sluice.Bench.Load;

// One benchmark a run, named by the first argument; see bench/run.
switch (args)
{
    case ["link-peer", string directory, string spinUs, string cpu]:
        await LinkBench.RunPeerAsync(directory, spinUs, cpu);
        return 0;
    case ["grpc-link-peer"]:
        await GrpcLinkBench.RunPeerAsync();
        return 0;
    case ["http-server", string kind, string port]:
        await HttpServers.RunAsync(kind, int.Parse(port, CultureInfo.InvariantCulture));
        return 0;
    case ["http-client"]:
        await HttpClientLoop.RunAsync();
        return 0;
    case ["streams-peer", string room, string directory]:
        await StreamsBench.RunPeerAsync(room, directory);
        return 0;
    case ["engine-echo", string port]:
        await EngineBench.RunServerAsync(int.Parse(port, CultureInfo.InvariantCulture));
        return 0;
}

if (args.Length == 0 || LoadOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine("usage: Load NAME [--connections N] [--seconds N] [--warm-up N]; bench/run --list names them");
    return 2;
}

try
{
    switch (args[0])
    {
        case "http-crud":
            await HttpCrud.RunAsync(options);
            return 0;
        case "http":
            await HttpBench.RunAsync(options);
            return 0;
        case "idle":
            await IdleBench.RunAsync(options);
            return 0;
        case "ring":
            RingBench.Run(options);
            return 0;
        case "link":
            await LinkBench.RunAsync(options);
            await GrpcLinkBench.RunAsync(options);
            return 0;
        case "streams":
            await StreamsBench.RunAsync();
            return 0;
        case "engine":
            await EngineBench.RunAsync(options);
            return 0;
        case "embedded-kafka":
            await KafkaBench.RunAsync(options);
            return 0;
        default:
            Console.Error.WriteLine($"there is no benchmark '{args[0]}'; bench/run --list names them");
            return 2;
    }
}
catch (Exception exception) when (exception is IOException or TimeoutException or InvalidOperationException)
{
    Console.Error.WriteLine($"bench: {exception.Message}");
    return 1;
}
