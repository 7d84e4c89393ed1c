namespace Sluice.Configuration.Schema;

/// <summary>Where in the document a check stands, for messages: <c>bindings.edge.routes[0].when[1].path</c>.</summary>
internal sealed class NodePath
{
    private readonly NodePath? _parent;
    private readonly string _key;
    private readonly int _index;

    private NodePath(NodePath? parent, string key, int index)
    {
        _parent = parent;
        _key = key;
        _index = index;
    }

    public static NodePath Root { get; } = new(null, "", -1);

    public NodePath Key(string key) => new(this, key, -1);

    public NodePath Item(int index) => new(this, "", index);

    /// <summary>For sentences: the path, or "the document".</summary>
    public override string ToString() => _parent is null ? "the document" : Write();

    private string Write()
    {
        if (_parent is null)
            return "";
        string before = _parent.Write();
        if (_index >= 0)
            return $"{before}[{_index}]";
        return before.Length == 0 ? _key : $"{before}.{_key}";
    }
}
