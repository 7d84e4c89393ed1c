using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Aspire.Hosting.Running;

/// <summary>What a model must obey before it can run. The same rules as the true host's, and those of a host without a proxy.</summary>
internal static class ModelRules
{
    /// <exception cref="InvalidOperationException">An endpoint breaks a rule.</exception>
    /// <exception cref="DistributedApplicationException">The substitute cannot run a resource, or resources wait in a circle.</exception>
    public static void Check(RunContext context)
    {
        HealthCheckServiceOptions checks = context.Services.GetRequiredService<IOptions<HealthCheckServiceOptions>>().Value;
        foreach (IResource resource in context.Model.Resources)
        {
            if (resource is ContainerResource)
            {
                throw new DistributedApplicationException(
                    $"Resource '{resource.Name}' is a container, and the substitute host runs no containers: "
                    + $"name a broker or server that runs already (ConnectionStrings__{resource.Name}), or use the true Aspire (SLUICE_ASPIRE=true).");
            }

            foreach (EndpointAnnotation endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            {
                if (FindMistake(resource, endpoint, RunContext.ReplicasOf(resource)) is { } mistake)
                {
                    throw new InvalidOperationException($"Endpoint '{endpoint.Name}' of resource '{resource.Name}': {mistake}.");
                }
            }

            if (resource.Annotations.OfType<HealthCheckAnnotation>().FirstOrDefault(
                annotation => checks.Registrations.All(known => known.Name != annotation.Key)) is { } unknown)
            {
                throw new DistributedApplicationException($"Resource '{resource.Name}': no health check is registered as '{unknown.Key}'.");
            }

            CheckWaits(context, resource, []);
        }
    }

    private static string? FindMistake(IResource resource, EndpointAnnotation endpoint, int replicas) => endpoint switch
    {
        { IsProxied: false } when replicas > 1 => "an endpoint without a proxy cannot serve several replicas",
        { IsProxied: false, Port: null, TargetPort: null } => "an endpoint without a proxy needs a port",
        { IsProxied: false, Port: { } port, TargetPort: { } target } when port != target =>
            "without a proxy, port and targetPort must be the same",
        { IsProxied: true, Port: { } port, TargetPort: { } target } when port == target && resource is ProjectResource =>
            "with a proxy, port and targetPort must differ; leave targetPort out or set isProxied to false",
        { TargetPort: not null } when replicas > 1 => "several replicas cannot listen on one targetPort",
        { Port: not null } when replicas > 1 => "a fixed port in front of several replicas needs a proxy, which the substitute host has not",
        _ => null,
    };

    private static void CheckWaits(RunContext context, IResource resource, IReadOnlyList<IResource> path)
    {
        if (path.Contains(resource))
        {
            throw new DistributedApplicationException(
                $"Resources wait for each other in a circle: {string.Join(" -> ", path.Append(resource).Select(step => step.Name))}.");
        }

        foreach (WaitAnnotation wait in resource.Annotations.OfType<WaitAnnotation>())
        {
            if (!context.Model.Resources.Contains(wait.Resource))
            {
                throw new DistributedApplicationException(
                    $"Resource '{resource.Name}' waits for '{wait.Resource.Name}', which is not part of the application.");
            }

            CheckWaits(context, wait.Resource, [.. path, resource]);
        }
    }
}
