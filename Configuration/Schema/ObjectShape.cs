using Sluice.Configuration.Text;

namespace Sluice.Configuration.Schema;

/// <summary>One key an object knows.</summary>
/// <param name="Name">The key.</param>
/// <param name="Shape">What its value looks like.</param>
/// <param name="Required">True when the object is wrong without it.</param>
internal sealed record Field(string Name, Shape Shape, bool Required = false);

/// <summary>A closed object: a key that is not listed is a mistake, answered with the nearest key that is.</summary>
internal sealed class ObjectShape(params Field[] fields) : Shape
{
    public override void Check(ConfigNode node, NodePath path, Findings findings)
    {
        if (node.Kind != ConfigNodeKind.Map)
        {
            Expected(node, path, findings, "a map");
            return;
        }

        foreach (ConfigEntry entry in node.Entries)
        {
            Field? field = Array.Find(fields, field => field.Name == entry.Key);
            if (field is not null)
                field.Shape.Check(entry.Value, path.Key(entry.Key), findings);
            else
                Unknown(entry, path, findings);
        }

        foreach (Field field in fields)
        {
            if (field.Required && !node.Has(field.Name))
                findings.Error(node.Position, $"{path} lacks the required key '{field.Name}'");
        }
    }

    private void Unknown(ConfigEntry entry, NodePath path, Findings findings)
    {
        // A key that is there already is no suggestion worth making, but a near one still names the slip best.
        string[] names = Array.ConvertAll(fields, field => field.Name);
        string otherwise = names.Length == 0 ? ": no keys are allowed here" : $" (known: {string.Join(", ", names)})";
        findings.Error(entry.KeyPosition, $"unknown key '{entry.Key}' in {path}{NearestWord.Hint(entry.Key, names, otherwise)}");
    }
}
