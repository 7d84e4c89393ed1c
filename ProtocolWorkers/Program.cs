using Sluice.Configuration;
using Sluice.Configuration.Graph;
using Sluice.Frames.Grpc;
using Sluice.ProtocolWorkers.Hosting;
using Sluice.ServiceDefaults;

GatewayConfiguration? configuration = StartUp.LoadOrExplain(Environment.GetEnvironmentVariable("SLUICE_CONFIG"), Console.Error);
return configuration is null
    ? StartUp.ConfigurationExitCode
    : await ServiceHost.RunAsync(
        "protocol-workers",
        args,
        builder => builder.AddWorkers(configuration, WorkersOptions.Read(Environment.GetEnvironmentVariable)),
        app => app.MapGrpcLinksIfAsked());
