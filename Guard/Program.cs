using Sluice.Guard.Hosting;
using Sluice.ServiceDefaults;

return await ServiceHost.RunAsync("guard", args, GuardHost.Build, GuardHost.Map);
