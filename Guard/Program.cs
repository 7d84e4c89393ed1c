using Sluice.ServiceDefaults;

return await ServiceHost.RunAsync("guard", args, _ => { });
