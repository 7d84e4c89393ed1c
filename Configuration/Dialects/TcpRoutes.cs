using Sluice.Configuration.Graph;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Dialects;

/// <summary>tcp server, 1.x: a route without an exit uses the binding's. 2.x wants one on each route; both mean the same here.</summary>
internal static class TcpRoutes
{
    public static void Check(ConfigEntry binding, Findings findings)
    {
        if (!binding.Value.Has("exit"))
            return; // Without either, the schema says so.
        foreach (ConfigNode route in binding.Value.GetMapList("routes"))
        {
            if (route.Has("exit"))
                continue;
            findings.Warning(route.Position, $"binding '{binding.Key}': a tcp server route without 'exit' is the 1.x form; "
                + $"give it exit: {binding.Value.GetString("exit")}");
            return;
        }
    }
}
