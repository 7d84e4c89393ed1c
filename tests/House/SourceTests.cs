using System.Globalization;
using System.Text.RegularExpressions;

namespace Sluice.House;

/// <summary>The shape of the sources.</summary>
public sealed partial class SourceTests
{
    /// <summary>By this size a file holds two ideas.</summary>
    private const int LinesMax = 500;

    // Each room has a block of log ids; an id names one event for ever.
    private static readonly Dictionary<string, (int Min, int Max)> LogIds = new(StringComparer.Ordinal)
    {
        ["Frames"] = (1000, 1999),
        ["Configuration"] = (2000, 2999),
        ["Edge"] = (3000, 3999),
        ["ProtocolWorkers"] = (4000, 4999),
        ["KafkaCache"] = (5000, 5999),
        ["Guard"] = (6000, 6999),
        ["Catalog"] = (7000, 7999),
        ["EmbeddedKafka"] = (8000, 8999),
        ["AppHost"] = (9000, 9499),
        ["eng"] = (9000, 9499),
        ["ServiceDefaults"] = (9500, 9599),
    };

    [Fact]
    public void No_source_file_is_longer_than_500_lines() => House.HasNo(
        Repository.Sources.Select(file => (file, lines: Repository.Read(file).AsSpan().Count('\n'))).Where(entry => entry.lines > LinesMax));

    [Fact]
    public void Every_log_event_has_an_id_of_its_own() => House.HasNo(
        LogEvents().GroupBy(log => log.Id).Where(group => group.Count() > 1)
            .Select(group => $"{group.Key}: {string.Join(", ", group.Select(log => log.File))}"));

    [Fact]
    public void Every_log_event_is_in_the_block_of_its_room() => House.HasNo(LogEvents().Where(log =>
        !LogIds.TryGetValue(log.File.Split('/')[0], out (int Min, int Max) block) || log.Id < block.Min || log.Id > block.Max));

    [Fact]
    public void Nothing_is_left_for_later() => House.HasNo(Findings(LeftForLater()));

    [Fact]
    public void Nothing_of_a_debugging_session_is_left() => House.HasNo(Findings(DebuggingLeftover()));

    [Fact]
    public void Tests_wait_for_conditions_not_for_time() =>
        House.HasNo(Findings(Sleep()).Where(finding => finding.StartsWith("tests/", StringComparison.Ordinal)));

    [Fact]
    public void Unsafe_code_stays_where_memory_is_mapped()
    {
        string[] homes = ["Frames/Frames.csproj", "KafkaCache/Segments/KafkaCache.Segments.csproj"];
        House.HasNo(Repository.Files.Where(file => file.EndsWith(".csproj", StringComparison.Ordinal)
            && !file.StartsWith("tests/", StringComparison.Ordinal) && !file.StartsWith("bench/", StringComparison.Ordinal)
            && !homes.Contains(file) && Repository.Read(file).Contains("<AllowUnsafeBlocks>true", StringComparison.Ordinal)));
    }

    [Fact]
    public void Namespaces_are_file_scoped_and_begin_with_the_name_of_the_house() => House.HasNo(
        from file in Repository.Sources
        where !file.StartsWith("eng/", StringComparison.Ordinal) && file != "ServiceDefaults/Extensions.cs"
        from Match match in Namespace().Matches(Repository.Read(file))
        where !match.Value.StartsWith("namespace Sluice", StringComparison.Ordinal) || !match.Value.TrimEnd().EndsWith(';')
        select $"{file}: {match.Value.Trim()}");

    private static IEnumerable<(string File, int Id)> LogEvents() =>
        from file in Repository.Sources
        where !file.StartsWith("tests/", StringComparison.Ordinal)
        from Match match in LogId().Matches(Repository.Read(file))
        select (file, int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    private static IEnumerable<string> Findings(Regex pattern) =>
        from file in Repository.Sources
        where !file.StartsWith("tests/House/", StringComparison.Ordinal)
        from Match match in pattern.Matches(Repository.Read(file))
        select $"{file}: {match.Value}";

    [GeneratedRegex(@"\[LoggerMessage\(\s*(?:[^)]*?EventId\s*=\s*)?(\d+)")]
    private static partial Regex LogId();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex LeftForLater();

    [GeneratedRegex(@"Debugger\.(Launch|Break)\(|\bDebug\.(WriteLine|Print)\(")]
    private static partial Regex DebuggingLeftover();

    [GeneratedRegex(@"Thread\.Sleep\(")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"^namespace [^\r\n]*", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
