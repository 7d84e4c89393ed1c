using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>Finds the program that the build made of a project, and the dotnet that runs it.</summary>
internal static class ProjectProgram
{
    /// <summary>The path of the project's dll.</summary>
    /// <exception cref="DistributedApplicationException">The project is not built.</exception>
    public static string Find(ProjectResource resource, string? configuration)
    {
        IProjectMetadata project = resource.Metadata;
        if (File.Exists(project.TargetPath))
        {
            return project.TargetPath;
        }

        // Given by path only: the newest program below bin/, of the app host's own configuration where there is one.
        string bin = Path.Combine(Path.GetDirectoryName(project.ProjectPath) ?? "", "bin");
        string marker = $"{Path.DirectorySeparatorChar}{configuration}{Path.DirectorySeparatorChar}";
        string? program = (Directory.Exists(bin) ? Directory.EnumerateFiles(bin, "*.runtimeconfig.json", SearchOption.AllDirectories) : [])
            .Select(file => file.Replace(".runtimeconfig.json", ".dll", StringComparison.Ordinal))
            .Where(File.Exists)
            .OrderByDescending(file => configuration is not null && file.Contains(marker, StringComparison.OrdinalIgnoreCase))
            .ThenByDescending(File.GetLastWriteTimeUtc)
            .FirstOrDefault();
        return program ?? throw new DistributedApplicationException(
            $"Resource '{resource.Name}' is not built: run 'dotnet build {project.ProjectPath}'.");
    }

    /// <summary>The dotnet that runs this process, or the one on PATH.</summary>
    public static string FindDotnet()
    {
        string? own = Environment.ProcessPath;
        return Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host && File.Exists(host) ? host
            : Path.GetFileNameWithoutExtension(own) == "dotnet" ? own!
            : "dotnet";
    }
}
