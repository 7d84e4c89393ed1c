using Sluice.Configuration.Graph;
using Sluice.Configuration.Text;

namespace Sluice.Cli;

/// <summary>Prints each way through the gateway as a tree, from the bindings nobody exits to down to where streams end.</summary>
internal sealed class GraphPrinter(TextWriter output)
{
    private const int RoomColumn = 60; // Room names line up unless a way is deeper or a name longer than this.
    private readonly HashSet<long> _shown = [];

    public void Print(GatewayConfiguration configuration)
    {
        foreach (NamespaceConfiguration space in configuration.Namespaces)
        {
            output.WriteLine($"namespace {space.Name}");
            foreach (BindingConfiguration binding in Starts(configuration, space))
                Print(binding, 1, "");
            // What is left is a circle: start anywhere on it.
            foreach (BindingConfiguration binding in space.Bindings)
            {
                if (!_shown.Contains(binding.Id))
                    Print(binding, 1, "");
            }

            Resources("guard", space.Guards);
            Resources("vault", space.Vaults);
            Resources("catalog", space.Catalogs);
            Resources("store", space.Stores);
        }
    }

    private static List<BindingConfiguration> Starts(GatewayConfiguration configuration, NamespaceConfiguration space)
    {
        var reached = new HashSet<long>();
        foreach (BindingConfiguration binding in configuration.Bindings)
        {
            foreach (RouteConfiguration route in binding.EffectiveRoutes)
            {
                if (route.Exit?.Target is { } target)
                    reached.Add(target.Id);
            }
        }

        return [.. space.Bindings.Where(binding => !reached.Contains(binding.Id))];
    }

    private void Print(BindingConfiguration binding, int depth, string how)
    {
        string place = binding.Options.GetPorts("port") is { Count: > 0 } ports
            ? $" {binding.Options.GetString("host")}:{string.Join(',', ports.Take(4))}{(ports.Count > 4 ? ",..." : "")}" : "";
        string line = $"{new string(' ', depth * 2)}{how}{binding.Name} ({binding.Type} {binding.Kind}{place})";
        bool again = !_shown.Add(binding.Id);
        output.WriteLine(again ? $"{line} see above" : $"{line.PadRight(RoomColumn)} {binding.Room}");
        if (again)
            return;

        foreach ((string exit, (BindingReference reference, int count)) in Exits(binding))
        {
            string routes = count == 0 ? "-> " : $"-> {count} route{(count == 1 ? "" : "s")}: ";
            if (reference.Target is { } target)
                Print(target, depth + 1, routes);
            else
                output.WriteLine($"{new string(' ', (depth + 1) * 2)}{routes}{exit} (no such binding: refused)");
        }
    }

    // Several routes to one exit are one line, with their number; the catch-all counts as none.
    private static Dictionary<string, (BindingReference Reference, int Count)> Exits(BindingConfiguration binding)
    {
        var exits = new Dictionary<string, (BindingReference Reference, int Count)>();
        foreach (RouteConfiguration route in binding.Routes)
        {
            if (route.Exit is { } exit)
                exits[exit.QualifiedName] = (exit, exits.GetValueOrDefault(exit.QualifiedName).Count + 1);
        }

        if (binding.Exit is { } last)
            exits.TryAdd(last.QualifiedName, (last, 0));
        return exits;
    }

    private void Resources(string noun, IReadOnlyList<ResourceConfiguration> resources)
    {
        foreach (ResourceConfiguration resource in resources)
            output.WriteLine($"  {noun} {resource.Name} ({resource.Type})");
    }
}
