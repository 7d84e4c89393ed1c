using System.Text.RegularExpressions;

namespace Sluice.House;

/// <summary>The pages people read.</summary>
public sealed partial class PageTests
{
    [Fact]
    public void Every_room_has_its_card() =>
        House.HasNo(Repository.Rooms.Where(room => !Repository.Files.Contains($"{room}/README.md")));

    [Fact]
    public void No_link_between_pages_is_dead() => House.HasNo(
        from page in Repository.Files
        where page.EndsWith(".md", StringComparison.Ordinal)
        from Match link in Link().Matches(CodeBlock().Replace(Repository.Read(page), ""))
        let target = Uri.UnescapeDataString(link.Groups[1].Value)
        where !IsElsewhere(target) && !Exists(page, target)
        select $"{page}: {target}");

    [Fact]
    public void Every_test_that_a_rule_names_exists()
    {
        string tests = string.Join('\n', Repository.Sources.Where(file => file.StartsWith("tests/", StringComparison.Ordinal)).Select(Repository.Read));
        House.HasNo(
            from Match name in TestName().Matches(Repository.Read("docs/frames-rules.md"))
            where !tests.Contains($" {name.Groups[1].Value}(", StringComparison.Ordinal)
            select name.Groups[1].Value);
    }

    [Fact]
    public void Services_have_no_launch_settings_of_their_own() =>
        // Aspire would take endpoints from them, and then refuse those that AppHost/Program.cs adds.
        Assert.Equal(["AppHost/Properties/launchSettings.json"],
            Repository.Files.Where(file => file.EndsWith("launchSettings.json", StringComparison.Ordinal)));

    [Fact]
    public void Versions_of_packages_are_in_one_place() => House.HasNo(
        from project in Repository.Files
        where project.EndsWith(".csproj", StringComparison.Ordinal) && !project.StartsWith("eng/probe/", StringComparison.Ordinal)
        from Match reference in VersionedReference().Matches(Repository.Read(project))
        select $"{project}: {reference.Value}");

    private static bool IsElsewhere(string target) =>
        target.StartsWith('#') || target.StartsWith("mailto:", StringComparison.Ordinal) || target.Contains("://", StringComparison.Ordinal);

    private static bool Exists(string page, string target)
    {
        string path = Path.Combine(Repository.Root, Path.GetDirectoryName(page) ?? "", target.Split('#')[0]);
        return File.Exists(path) || Directory.Exists(path);
    }

    [GeneratedRegex(@"\]\(([^)\s]+)(?:\s+""[^""]*"")?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^```.*?^```|`[^`\n]*`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"`([A-Z][A-Za-z0-9]*_[A-Za-z0-9_]+)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"<PackageReference[^>]*\sVersion=[^>]*>")]
    private static partial Regex VersionedReference();
}
