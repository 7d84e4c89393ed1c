namespace Sluice.Frames.Testing;

/// <summary>A binding whose streams are scripted peers: the other side of the binding under test.</summary>
public sealed class ScriptedBinding : IBinding
{
    private readonly Func<byte[], ScriptedStream?> _accept;

    /// <summary>Takes every stream with a peer made by the function; null refuses it.</summary>
    /// <param name="accept">Gets the BEGIN extension.</param>
    public ScriptedBinding(Func<byte[], ScriptedStream?>? accept = null) => _accept = accept ?? (_ => new ScriptedStream());

    /// <summary>Peers so far, in order.</summary>
    public List<ScriptedStream> Streams { get; } = [];

    /// <inheritdoc/>
    public StreamHandler? Accept(in BeginFrame begin)
    {
        ScriptedStream? stream = _accept(begin.Extension.ToArray());
        if (stream is not null)
        {
            Streams.Add(stream);
        }

        return stream;
    }
}
