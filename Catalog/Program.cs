using Sluice.Catalog.Hosting;
using Sluice.ServiceDefaults;

return await ServiceHost.RunAsync("catalog", args, CatalogHost.Build, CatalogHost.Map);
