using Sluice.Configuration.Text;

namespace Sluice.Configuration.Graph;

/// <summary>A named way to another binding: an exit or an entry.</summary>
public sealed class BindingReference
{
    internal BindingReference(string qualifiedName, SourcePosition position)
    {
        QualifiedName = qualifiedName;
        Id = Labels.Id(qualifiedName);
        Position = position;
    }

    /// <summary><c>namespace:name</c>, also when the file says only <c>name</c>.</summary>
    public string QualifiedName { get; }

    /// <summary>The id of the binding meant, whether it exists or not.</summary>
    public long Id { get; }

    /// <summary>The binding, or null when the name leads nowhere: streams to it are refused (config-core §1.3).</summary>
    public BindingConfiguration? Target { get; internal set; }

    /// <summary>Where the reference stands.</summary>
    public SourcePosition Position { get; }

    /// <summary>The qualified name.</summary>
    public override string ToString() => QualifiedName;
}
