namespace Sluice.Configuration.Tests;

/// <summary>Finds the examples of this repository from wherever the tests run.</summary>
internal static class Examples
{
    public static string Path(string name)
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(System.IO.Path.Combine(directory, "Suite.sln")))
            directory = System.IO.Path.GetDirectoryName(directory);
        Assert.True(directory is not null, "the tests do not run inside the repository");
        return System.IO.Path.Combine(directory!, "examples", name);
    }

    public static string Read(string name) => File.ReadAllText(Path(name));
}
