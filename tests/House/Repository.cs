namespace Sluice.House;

/// <summary>The files of the repository as a person wrote them: no build output, no data.</summary>
internal static class Repository
{
    private static readonly HashSet<string> NotOurs =
        ["bin", "obj", ".git", ".vs", ".idea", ".sluice", "node_modules", "TestResults", "BenchmarkDotNet.Artifacts"];

    /// <summary>The rooms of the house (docs/architecture.md), and what keeps them.</summary>
    public static readonly string[] Rooms =
    [
        "AppHost", "ServiceDefaults", "Frames", "Configuration", "Edge", "ProtocolWorkers", "KafkaCache", "Guard", "Catalog",
        "EmbeddedKafka", "Cli", "tests", "eng",
    ];

    /// <summary>The folder that holds Suite.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Every file, relative to the root, with forward slashes.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Walk(new DirectoryInfo(Root)).Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    /// <summary>Source files in C#.</summary>
    public static IEnumerable<string> Sources => Files.Where(file => file.EndsWith(".cs", StringComparison.Ordinal));

    /// <summary>The text of a file.</summary>
    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Suite.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("no Suite.sln above the tests");
    }

    private static IEnumerable<string> Walk(DirectoryInfo folder) => folder.EnumerateFiles().Select(file => file.FullName)
        .Concat(folder.EnumerateDirectories().Where(child => !NotOurs.Contains(child.Name) && child.LinkTarget is null).SelectMany(Walk));
}
