using System.Globalization;
using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

public static partial class ResourceBuilderExtensions
{
    /// <summary>Gives the resource another's connection string, as <c>ConnectionStrings__NAME</c>.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithConnectionString> source,
        string? connectionName = null, bool optional = false) where TDestination : IResourceWithEnvironment
    {
        IResourceWithConnectionString resource = source.Resource;
        string name = resource.ConnectionStringEnvironmentVariable ?? $"ConnectionStrings__{connectionName ?? resource.Name}";
        return builder.Relate(resource).WithVariable(name, new ConnectionStringReference(resource, optional));
    }

    /// <summary>Tells the resource the addresses of another: <c>services__NAME__http__0</c> and <c>NAME_HTTP</c>.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source)
        where TDestination : IResourceWithEnvironment => builder.WithReference(source, source.Resource.Name);

    /// <summary>Tells the resource the addresses of another, under a name of its choice.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<IResourceWithServiceDiscovery> source, string name)
        where TDestination : IResourceWithEnvironment
    {
        IResourceWithServiceDiscovery resource = source.Resource;
        return builder.Relate(resource).WithEnvironment(context =>
        {
            foreach (EndpointAnnotation endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            {
                AddServiceVariables(context, resource, endpoint, name);
            }
        });
    }

    /// <summary>Tells the resource one address of another.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, EndpointReference endpointReference) where TDestination : IResourceWithEnvironment =>
        builder.Relate(endpointReference.Resource).WithEnvironment(context =>
            AddServiceVariables(context, endpointReference.Resource, endpointReference.Annotation, endpointReference.Resource.Name));

    /// <summary>Tells the resource a fixed address: <c>services__NAME__default__0</c>.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(this IResourceBuilder<TDestination> builder, string name, Uri uri)
        where TDestination : IResourceWithEnvironment => uri is { IsAbsoluteUri: true, AbsolutePath: "/" }
            ? builder.WithVariable($"services__{name}__default__0", uri.ToString())
            : throw new InvalidOperationException($"The address of service '{name}' must be absolute and have no path: '{uri}'.");

    /// <summary>Tells the resource the address of a service that runs elsewhere.</summary>
    public static IResourceBuilder<TDestination> WithReference<TDestination>(
        this IResourceBuilder<TDestination> builder, IResourceBuilder<ExternalServiceResource> externalService)
        where TDestination : IResourceWithEnvironment
    {
        ExternalServiceResource service = externalService.Resource;
        return builder.Relate(service)
            .WithVariable($"services__{service.Name}__{service.Uri.Scheme}__0", service.Uri.ToString())
            .WithVariable(VariableName($"{service.Name}_{service.Uri.Scheme}"), service.Uri.ToString());
    }

    // With replicas the consumer learns every address: the substitute has no proxy that would balance them.
    private static void AddServiceVariables(EnvironmentCallbackContext context, IResourceWithEndpoints resource, EndpointAnnotation endpoint, string name)
    {
        string key = endpoint.Name is "http" or "https" ? endpoint.UriScheme : endpoint.Name;
        EndpointReference reference = new(resource, endpoint.Name);
        context.EnvironmentVariables[VariableName($"{name}_{endpoint.Name}")] = reference;
        context.EnvironmentVariables[ServiceVariable(name, key, 0)] = reference;
        for (int i = 1; i < endpoint.Instances.Count; i++)
        {
            context.EnvironmentVariables[ServiceVariable(name, key, i)] = endpoint.Instances[i].UriString;
        }
    }

    private static string ServiceVariable(string name, string key, int index) =>
        string.Create(CultureInfo.InvariantCulture, $"services__{name}__{key}__{index}");

    // protocol-workers_http -> PROTOCOL_WORKERS_HTTP
    private static string VariableName(string text) =>
        string.Create(text.Length, text, (target, source) =>
        {
            for (int i = 0; i < target.Length; i++)
            {
                target[i] = char.IsAsciiLetterOrDigit(source[i]) ? char.ToUpperInvariant(source[i]) : '_';
            }
        });

    private static IResourceBuilder<T> Relate<T>(this IResourceBuilder<T> builder, IResource other) where T : IResource =>
        builder.WithAnnotation(new ResourceRelationshipAnnotation(other, "Reference"));
}
