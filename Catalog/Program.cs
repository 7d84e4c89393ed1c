using Sluice.ServiceDefaults;

return await ServiceHost.RunAsync("catalog", args, _ => { });
