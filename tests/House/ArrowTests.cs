using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace Sluice.House;

/// <summary>Which way dependencies point: services use libraries and the doors of other rooms, never each other.</summary>
public sealed class ArrowTests
{
    private static readonly string[] Libraries = ["Frames", "Frames.Grpc", "Configuration", "ServiceDefaults"];

    // What a room offers at its door.
    private static readonly string[] Doors = ["Guard.Contracts", "Catalog.Contracts", "Catalog.Models", "KafkaCache.Segments"];

    private static readonly string[] Services = ["Edge", "ProtocolWorkers", "KafkaCache", "Guard", "Catalog", "EmbeddedKafka"];

    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Frames"] = [],
        ["Frames.Grpc"] = ["Frames"],
        ["Configuration"] = [],
        ["ServiceDefaults"] = [],
        ["Guard.Contracts"] = [],
        ["Catalog.Contracts"] = [],
        ["Catalog.Models"] = ["Frames", "Configuration", "Catalog.Contracts"],
        ["KafkaCache.Segments"] = ["Frames"],
        ["sluice"] = ["Frames", "Configuration"],
        // Topology only: it reads the configuration to say at once what is wrong with it, and calls no service.
        ["AppHost"] = ["Configuration"],
    };

    [Fact]
    public void Assemblies_use_only_what_their_room_may_use()
    {
        string[] assemblies = [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "Sluice.*.dll").Append(Path.Combine(AppContext.BaseDirectory, "sluice.dll"))
            .Where(file => !file.EndsWith("Sluice.House.dll", StringComparison.Ordinal) && !Path.GetFileName(file).StartsWith("Sluice.Substitute.", StringComparison.Ordinal))];
        Assert.True(assemblies.Length > Services.Length + Libraries.Length, "the assemblies of the rooms are beside the test");
        House.HasNo(assemblies.SelectMany(file => ReferencesOf(file).Where(name => !IsAllowed(RoomOf(file), name)).Select(name => $"{RoomOf(file)} -> {name}")));
    }

    [Fact]
    public void Projects_reference_only_what_their_room_may_use() => House.HasNo(
        Projects().SelectMany(project => XDocument.Parse(Repository.Read(project)).Descendants("ProjectReference")
            .Where(reference => RoomOf(project) != "AppHost" || (string?)reference.Attribute("IsAspireProjectResource") == "false")
            .Select(reference => RoomOf((string)reference.Attribute("Include")!))
            .Where(name => !IsAllowed(RoomOf(project), name)).Select(name => $"{RoomOf(project)} -> {name}")));

    [Fact]
    public void Frames_depends_on_the_base_class_library_only() => Assert.All(
        References(Path.Combine(AppContext.BaseDirectory, "Sluice.Frames.dll")),
        name => Assert.True(name.StartsWith("System.", StringComparison.Ordinal) || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal), name));

    [Fact]
    public void Third_party_packages_stop_at_the_door_of_one_room()
    {
        Dictionary<string, string[]> owners = new()
        {
            ["YamlDotNet"] = ["Configuration", "EmbeddedKafka"], // The broker reads its topics file.
            ["Confluent.Kafka"] = ["KafkaCache"],
            ["K4os.Compression.LZ4"] = ["EmbeddedKafka"],
            ["Snappier"] = ["EmbeddedKafka"],
            ["ZstdSharp"] = ["EmbeddedKafka"],
        };
        House.HasNo(Directory.EnumerateFiles(AppContext.BaseDirectory, "Sluice.*.dll")
            .Where(file => !Path.GetFileName(file).StartsWith("Sluice.Substitute.", StringComparison.Ordinal)).SelectMany(file => References(file)
            .Where(name => owners.TryGetValue(name, out string[]? rooms) && !rooms.Contains(RoomOf(file))).Select(name => $"{RoomOf(file)} -> {name}")));
    }

    private static IEnumerable<string> Projects() => Repository.Files.Where(file =>
        file.EndsWith(".csproj", StringComparison.Ordinal) && !file.StartsWith("tests/", StringComparison.Ordinal)
        && !file.StartsWith("eng/", StringComparison.Ordinal) && !file.StartsWith("bench/", StringComparison.Ordinal));

    private static bool IsAllowed(string room, string name) =>
        name.StartsWith("Substitute.", StringComparison.Ordinal)
        || (Allowed.TryGetValue(room, out string[]? allowed) ? allowed.Contains(name)
            : Services.Contains(room) && (Libraries.Contains(name) || Doors.Contains(name)));

    // Sluice.KafkaCache.Segments.dll, ../KafkaCache/Segments/KafkaCache.Segments.csproj -> KafkaCache.Segments
    private static string RoomOf(string file)
    {
        string name = Path.GetFileNameWithoutExtension(file.Replace('\\', '/'));
        return name == "Cli" ? "sluice" : name.StartsWith("Sluice.", StringComparison.Ordinal) ? name["Sluice.".Length..] : name;
    }

    private static IEnumerable<string> ReferencesOf(string file) => References(file)
        .Where(name => name.StartsWith("Sluice.", StringComparison.Ordinal)).Select(name => name["Sluice.".Length..]);

    private static string[] References(string file)
    {
        using PEReader reader = new(File.OpenRead(file));
        MetadataReader metadata = reader.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }
}
