using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.Running;

/// <summary>What a run is made of.</summary>
internal sealed record RunContext(
    IServiceProvider Services,
    IConfiguration Configuration,
    DistributedApplicationModel Model,
    ResourceNotificationService Notifications,
    IDistributedApplicationEventing Eventing,
    DistributedApplicationExecutionContext ExecutionContext,
    string AppHostDirectory,
    RunOptions Options)
{
    /// <summary>How many processes run a resource.</summary>
    public static int ReplicasOf(IResource resource) => resource.Annotations.OfType<ReplicaAnnotation>().LastOrDefault()?.Replicas ?? 1;

    /// <summary>Whether a resource is a process of this machine.</summary>
    public static bool IsProcess(IResource resource) => resource is ProjectResource or ExecutableResource;

    /// <summary>The ids of a resource's instances: its name, or NAME-0, NAME-1… when there are replicas.</summary>
    public static IEnumerable<string> IdsOf(IResource resource)
    {
        int replicas = ReplicasOf(resource);
        return replicas == 1 ? [resource.Name] : Enumerable.Range(0, replicas).Select(index => $"{resource.Name}-{index}");
    }
}

/// <summary>How a run differs from the plain one. A test gets random ports, no status page and a silent console.</summary>
internal sealed record RunOptions(AppHostInfo Info, bool IsTest, bool HasStatusPage);

/// <summary>What the build wrote into the app host's assembly (eng/substitute/AppHost.targets).</summary>
internal sealed record AppHostInfo(string? ProjectDirectory, string? Configuration, string AspireVersion, string ModeReason)
{
    public static AppHostInfo Read(Assembly? assembly)
    {
        Dictionary<string, string?> facts = (assembly?.GetCustomAttributes<AssemblyMetadataAttribute>() ?? [])
            .GroupBy(fact => fact.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.First().Value, StringComparer.OrdinalIgnoreCase);
        return new AppHostInfo(
            facts.GetValueOrDefault("apphostprojectpath"), facts.GetValueOrDefault("apphostconfiguration"),
            facts.GetValueOrDefault("aspireversion") ?? "", facts.GetValueOrDefault("aspiremodereason") ?? "no reason recorded");
    }
}

/// <summary>Why the application ends before anyone asked it to, and the exit code for it.</summary>
internal sealed record RunFailure(int ExitCode, string Message);
