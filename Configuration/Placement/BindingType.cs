namespace Sluice.Configuration.Placement;

/// <summary>What speaks on one side of a binding. Two bindings fit when the first hands on what the second takes.</summary>
[Flags]
internal enum Speech
{
    None = 0,
    Bytes = 1,
    Http = 2,
    WebSocket = 4,
    Sse = 8,
    Grpc = 16,
    Mqtt = 32,
    Kafka = 64,
    Filesystem = 128,

    /// <summary>Not told apart here: fits everything.</summary>
    Any = ~0,
}

/// <summary>One kind of one binding type, whether this version runs it or not (config-core §1.2).</summary>
/// <param name="Type">The plugin name, as in <c>type:</c>.</param>
/// <param name="Kind">As in <c>kind:</c>.</param>
/// <param name="Takes">What it accepts.</param>
/// <param name="HandsOn">What it sends to its exit; none when streams end here.</param>
/// <param name="Room">Where it runs.</param>
internal sealed record BindingType(string Type, string Kind, Speech Takes, Speech HandsOn, Room Room)
{
    /// <summary>For sentences: "a tcp server", "an http server".</summary>
    public string WithArticle => $"{ArticleOf(Type)} {this}";

    /// <summary>"an" before names that begin with the sound of a vowel, letters read one by one included.</summary>
    public static string ArticleOf(string type) => "aehmos".Contains(type[0], StringComparison.Ordinal) ? "an" : "a";

    public override string ToString() => $"{Type} {Kind}";
}
