using Sluice.Frames.Grpc;
using Sluice.KafkaCache.Hosting;
using Sluice.ServiceDefaults;

return await ServiceHost.RunAsync("kafka-cache", args, CacheService.Register, app => app.MapGrpcLinksIfAsked());
