using Sluice.Edge.Hosting;
using Sluice.ServiceDefaults;

return await ServiceHost.RunAsync("edge", args, EdgeService.Register);
