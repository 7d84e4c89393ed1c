using Sluice.KafkaCache.Hosting;
using Sluice.ServiceDefaults;

return await ServiceHost.RunAsync("kafka-cache", args, CacheService.Register);
