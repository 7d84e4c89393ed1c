using System.Reflection;
using System.Text.RegularExpressions;

namespace Sluice.House;

/// <summary>Engine code has no locks and does not wait: what banned symbols cannot see, and that every exception has a name and a reason.</summary>
public sealed partial class EngineRuleTests
{
    private static readonly string[] EngineRooms = ["Frames", "Edge", "ProtocolWorkers", "KafkaCache", "KafkaCache/Segments"];

    [Fact]
    public void Every_room_with_engines_has_the_rule() => House.HasNo(EngineRooms.Where(room => !Repository.Files.Contains($"{room}/EngineRule.cs")));

    [Fact]
    public void There_is_no_lock_in_engine_code() => House.HasNo(
        from file in EngineSources()
        where Lock().IsMatch(Comment().Replace(Repository.Read(file), "")) && !ExceptionsOf(file).Any(exception => IsOf(exception.Target, file))
        select $"{file}: lock; give the state one owner and Post to it, or name the type in EngineRule.cs with the reason");

    [Fact]
    public void Who_is_excepted_exists_and_has_a_reason() => House.HasNo(
        from rule in Repository.Sources
        where Path.GetFileName(rule) == "EngineRule.cs"
        from Match match in Suppression().Matches(Repository.Read(rule))
        let target = match.Groups["target"].Value
        where match.Groups["reason"].Value.Length < 10 || (target.StartsWith("~T:", StringComparison.Ordinal) && !IsDeclared(rule, target))
        select $"{rule}: {target}");

    [Fact]
    public void Exceptions_stand_in_one_place() => House.HasNo(
        from file in EngineSources()
        where Elsewhere().IsMatch(Repository.Read(file))
        select $"{file}: name it in EngineRule.cs of the room");

    [Fact]
    public void Every_banned_symbol_exists()
    {
        // The analyzer passes over what it cannot find, so a slip of the pen would ban nothing.
        HashSet<string> types = [.. Assemblies().SelectMany(assembly => assembly.ExportedTypes).Select(type => "T:" + type.FullName)];
        House.HasNo(Repository.Read("BannedSymbols.Engines.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(';')[0])
            .Where(symbol => !types.Contains(symbol) && !MembersOf(symbol).Contains(symbol)));
    }

    private static IEnumerable<Assembly> Assemblies() => AppDomain.CurrentDomain.GetAssemblies().Append(typeof(Parallel).Assembly)
        .Append(typeof(System.Collections.Concurrent.BlockingCollection<>).Assembly).Append(typeof(Barrier).Assembly).Where(assembly => !assembly.IsDynamic);

    // T.N.Type.Member(parameters): all members of that type, spelled as in the list.
    private static IEnumerable<string> MembersOf(string symbol)
    {
        string member = symbol[2..].Split('(')[0];
        string typeName = member[..member.LastIndexOf('.')];
        Type? type = Assemblies().Select(assembly => assembly.GetType(typeName)).FirstOrDefault(type => type is not null);
        return type is null ? [] : type.GetProperties().Select(property => $"P:{typeName}.{property.Name}")
            .Concat(type.GetMethods().Select(method => $"M:{typeName}.{method.Name}{(method.IsGenericMethod ? "``" + method.GetGenericArguments().Length : "")}{Parameters(method)}"));
    }

    private static string Parameters(MethodInfo method) => method.GetParameters() is { Length: > 0 } parameters
        ? $"({string.Join(',', parameters.Select(parameter => Spell(parameter.ParameterType)))})"
        : "";

    private static string Spell(Type type) =>
        type.IsGenericParameter ? (type.IsGenericMethodParameter ? "``" : "`") + type.GenericParameterPosition
        : type.IsArray ? Spell(type.GetElementType()!) + "[]"
        : type.IsGenericType ? $"{type.GetGenericTypeDefinition().FullName!.Split('`')[0]}{{{string.Join(',', type.GetGenericArguments().Select(Spell))}}}"
        : type.FullName!;

    private static IEnumerable<string> EngineSources() =>
        Repository.Sources.Where(file => Path.GetFileName(file) != "EngineRule.cs" && EngineRooms.Contains(file.Split('/')[0]));

    private static IEnumerable<(string Target, string Reason)> ExceptionsOf(string file) =>
        from rule in Repository.Sources
        where Path.GetFileName(rule) == "EngineRule.cs" && file.StartsWith(Path.GetDirectoryName(rule)! + "/", StringComparison.Ordinal)
        from Match match in Suppression().Matches(Repository.Read(rule))
        select (match.Groups["target"].Value, match.Groups["reason"].Value);

    // A type is in the file of its name, parts of it in Name.Part.cs; a namespace is a folder.
    private static bool IsOf(string target, string file) => target.StartsWith("~N:", StringComparison.Ordinal)
        ? Repository.Read(file).Contains($"namespace {target[3..]}", StringComparison.Ordinal)
        : target.StartsWith("~T:", StringComparison.Ordinal) && Path.GetFileName(file).Split('.')[0] == target.Split('.')[^1];

    private static bool IsDeclared(string rule, string target) => Repository.Sources.Any(file =>
        file.StartsWith(Path.GetDirectoryName(rule)! + "/", StringComparison.Ordinal)
        && Regex.IsMatch(Repository.Read(file), $@"\b(class|struct|record|interface)\s+{Regex.Escape(target.Split('.')[^1])}\b"));

    [GeneratedRegex(@"\block\s*\(")]
    private static partial Regex Lock();

    [GeneratedRegex(@"//[^\n]*|/\*.*?\*/|""(?:[^""\\\n]|\\.)*""", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"SuppressMessage\(""Engine"",[^\n]*Target = ""(?<target>[^""]+)"", Justification = ""(?<reason>[^""]*)""")]
    private static partial Regex Suppression();

    [GeneratedRegex(@"#pragma warning disable [^\n]*RS0030|SuppressMessage\([^)]*RS0030")]
    private static partial Regex Elsewhere();
}
