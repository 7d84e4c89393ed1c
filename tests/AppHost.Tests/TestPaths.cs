using System.Reflection;

namespace Sluice.AppHost.Tests;

/// <summary>Where the build put what the tests start.</summary>
internal static class TestPaths
{
    public static string ProbeProject { get; } = Path.Combine(Metadata("TestFolder"), "Probe", "Probe.csproj");

    public static string ProbeProgram { get; } = Path.Combine(Metadata("TestFolder"), "Probe", Metadata("ProbeOutput"), "Sluice.Probe.dll");

    public static string ProbeHostProgram { get; } = Path.Combine(Metadata("TestFolder"), "ProbeHost", Metadata("ProbeOutput"), "Sluice.ProbeHost.dll");

    public static string Repository { get; } = Path.GetFullPath(Path.Combine(Metadata("TestFolder"), "..", ".."));

    private static string Metadata(string key) => typeof(TestPaths).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .First(fact => fact.Key == key).Value!;
}

/// <summary>A folder that goes with the test.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("apphost-tests-").FullName;

    public string File(string name, string content = "")
    {
        string path = System.IO.Path.Combine(Path, name);
        System.IO.File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
