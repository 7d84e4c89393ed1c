using Sluice.Configuration.Graph;
using Sluice.Configuration.Placement;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema;

/// <summary>Checks one binding: what all have in common, then what its type and kind allow.</summary>
internal sealed class BindingCheck(BindingOutline binding, Findings findings)
{
    private static readonly string[] Keys =
        ["type", "kind", "entry", "exit", "vault", "catalog", "options", "routes", "telemetry"];

    private static readonly string[] RouteKeys = ["exit", "when", "with", "guarded"];

    private static readonly MapShape Guarded = new(new ListShape(Shape.Text), Names.IsReference, Names.ReferenceRule);

    private readonly NodePath _path = NodePath.Root.Key("bindings").Key(binding.Name);

    public void Run()
    {
        if (!Names.IsName(binding.Name))
            findings.Error(binding.Position, $"the key '{binding.Name}' in bindings must be {Names.NameRule}");
        if (binding.Node.Kind != ConfigNodeKind.Map)
        {
            findings.Error(binding.Position, $"{_path} must be a map with at least 'type' and 'kind'");
            return;
        }

        CheckKeys(binding.Node, Keys, _path);
        CheckText("exit");
        CheckText("entry");
        CheckText("vault");
        if (binding.Node.Get("telemetry") is { } telemetry)
            TelemetrySchema.Binding.Check(telemetry, _path.Key("telemetry"), findings);
        if (!CheckTypeAndKind())
            return;

        BindingType type = binding.Type!;
        BindingSchema? schema = SupportedTypes.Has(type, binding.Room) ? BindingSchemas.Of(type) : null;
        if (schema is null)
        {
            findings.Error(
                binding.Node.Entry("type")!.Value.Position,
                $"binding '{binding.Name}' is of type '{type.Type}', kind '{type.Kind}', which this version does not support yet "
                + $"(supported: {SupportedTypes.BindingList})");
            return;
        }

        CheckAgainst(schema, type);
        NotYetCheck.Run(binding.Node, type, _path, findings);
    }

    private bool CheckTypeAndKind()
    {
        ConfigNode node = binding.Node;
        foreach (string key in (string[])["type", "kind"])
        {
            if (!node.Has(key))
                findings.Error(binding.Position, $"{_path} lacks the required key '{key}'");
            else if (node[key].Kind != ConfigNodeKind.Text)
                Shape.FilledText.Check(node[key], _path.Key(key), findings);
        }

        if (node.Get("type") is not { Kind: ConfigNodeKind.Text } type)
            return false;
        List<string> kinds = BindingTypes.KindsOf(type.Text);
        if (kinds.Count == 0)
        {
            List<string> types = BindingTypes.Names();
            findings.Error(type.Position, $"unknown binding type '{type.Text}'"
                + NearestWord.Hint(type.Text, types, $" (known: {string.Join(", ", types)})"));
            return false;
        }

        if (node.Get("kind") is not { Kind: ConfigNodeKind.Text } kind)
            return false;
        if (!kinds.Contains(kind.Text))
        {
            string article = BindingType.ArticleOf(type.Text);
            findings.Error(kind.Position, $"{article} {type.Text} binding has no kind '{kind.Text}'"
                + NearestWord.Hint(kind.Text, kinds) + $" (kinds: {string.Join(", ", kinds)})");
        }

        return binding.Type is not null;
    }

    private void CheckAgainst(BindingSchema schema, BindingType type)
    {
        ConfigNode node = binding.Node;
        Forbid(node, "entry", type);
        Forbid(node, "vault", type);
        Forbid(node, "catalog", type);
        if (schema.Options is null)
            Forbid(node, "options", type);
        else if (node.Get("options") is { } options)
            schema.Options.Check(options, _path.Key("options"), findings);
        else if (schema.OptionsRequired)
            schema.Options.Check(ConfigNode.Map(binding.Position, []), _path.Key("options"), findings);
        if (schema.OptionsNote is not null && node.Entry("options") is { } noted)
            findings.Warning(noted.KeyPosition, $"{_path}.options {schema.OptionsNote}");

        if (schema.Exit == ExitRule.Forbidden)
            Forbid(node, "exit", type);
        else if (schema.RoutesRequired && node.GetMap("routes").Items.Count == 0)
            findings.Error(binding.Position, $"{_path} needs at least one route: nothing else says what its requests mean");
        else if (schema.Exit == ExitRule.Required && !node.Has("exit") && node.GetMap("routes").Items.Count == 0)
            findings.Error(binding.Position, $"{_path} needs an 'exit' or at least one route: its streams lead nowhere");

        if (!schema.Routes)
            Forbid(node, "routes", type);
        else if (node.Get("routes") is { } routes)
            CheckRoutes(routes, schema, type);
    }

    private void CheckRoutes(ConfigNode routes, BindingSchema schema, BindingType type)
    {
        NodePath path = _path.Key("routes");
        if (routes.Kind != ConfigNodeKind.List)
        {
            new ListShape(Shape.Any).Check(routes, path, findings);
            return;
        }

        for (int i = 0; i < routes.Items.Count; i++)
            CheckRoute(routes.Items[i], path.Item(i), schema, type);
    }

    private void CheckRoute(ConfigNode route, NodePath path, BindingSchema schema, BindingType type)
    {
        int before = findings.ErrorCount;
        if (route.Kind != ConfigNodeKind.Map)
        {
            new ObjectShape().Check(route, path, findings);
            return;
        }

        CheckKeys(route, RouteKeys, path);
        if (route.Get("guarded") is { } guarded)
            Guarded.Check(guarded, path.Key("guarded"), findings);
        if (route.Get("exit") is { } exit)
            Shape.Reference.Check(exit, path.Key("exit"), findings);
        if (schema.RouteExit == ExitRule.Forbidden)
            Forbid(route, "exit", type);
        else if (schema.RouteExit == ExitRule.Required && !route.Has("exit") && !binding.Node.Has("exit"))
            findings.Error(route.Position, $"{path} lacks the required key 'exit', and the binding has none either");

        CheckPart(route, "when", schema.When is null ? null : new ListShape(schema.When), path, type);
        CheckPart(route, "with", schema.With, path, type);
        if (schema.WithRequired && !route.Has("with"))
            findings.Error(route.Position, $"{path} lacks the required key 'with'");
        if (findings.ErrorCount == before)
            schema.RouteRule?.Invoke(route, path, findings);
    }

    private void CheckPart(ConfigNode route, string key, Shape? shape, NodePath path, BindingType type)
    {
        if (shape is null)
            Forbid(route, key, type);
        else if (route.Get(key) is { } part)
            shape.Check(part, path.Key(key), findings);
    }

    private void CheckText(string key)
    {
        if (binding.Node.Get(key) is { } node)
            Shape.Reference.Check(node, _path.Key(key), findings);
    }

    private void CheckKeys(ConfigNode node, string[] keys, NodePath path)
    {
        foreach (ConfigEntry entry in node.Entries)
        {
            if (Array.IndexOf(keys, entry.Key) < 0)
            {
                findings.Error(entry.KeyPosition, $"unknown key '{entry.Key}' in {path}"
                    + NearestWord.Hint(entry.Key, keys, $" (known: {string.Join(", ", keys)})"));
            }
        }
    }

    private void Forbid(ConfigNode node, string key, BindingType type)
    {
        if (node.Entry(key) is { } entry)
            findings.Error(entry.KeyPosition, $"'{key}' is not allowed on {type.WithArticle} ('{binding.Name}'): remove it");
    }
}
