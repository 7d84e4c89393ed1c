using Microsoft.Extensions.Configuration;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A .NET project that runs as one or more processes.</summary>
public class ProjectResource(string name)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport, IComputeResource
{
    internal IProjectMetadata Metadata { get; init; } = new ProjectMetadata("");
}

/// <summary>A program that runs as one process.</summary>
public class ExecutableResource(string name, string command, string workingDirectory)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport, IComputeResource
{
    /// <summary>The program.</summary>
    public string Command { get; } = command;

    /// <summary>Where it runs.</summary>
    public string WorkingDirectory { get; } = workingDirectory;
}

/// <summary>A container. The substitute can describe one but not run it.</summary>
public class ContainerResource(string name, string? entrypoint = null)
    : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport, IComputeResource
{
    /// <summary>The program within the image; null for the image's own.</summary>
    public string? Entrypoint { get; set; } = entrypoint;
}

/// <summary>A value from the configuration, <c>Parameters:NAME</c>, or from the code.</summary>
public class ParameterResource(string name, Func<ParameterDefault?, string> callback, bool secret = false)
    : Resource(name), IManifestExpressionProvider, IValueProvider
{
    private readonly Lazy<string> _value = new(() => callback(null));

    /// <summary>Whether the value must not be shown.</summary>
    public bool Secret { get; } = secret;

    /// <summary>Whether the parameter holds a connection string.</summary>
    public bool IsConnectionString { get; set; }

    /// <inheritdoc/>
    public string ValueExpression => $"{{{Name}.value}}";

    /// <inheritdoc/>
    public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => new(_value.Value);

    internal static string Read(IConfiguration configuration, string key, string name) => configuration[key]
        ?? throw new DistributedApplicationException(
            $"Parameter '{name}' has no value: set {key.Replace(":", "__", StringComparison.Ordinal)} in the environment or {key} in appsettings.json.");
}

/// <summary>The default of a parameter; the substitute knows none.</summary>
public abstract class ParameterDefault;

/// <summary>A connection string from the configuration, <c>ConnectionStrings:NAME</c>.</summary>
internal sealed class ConfiguredConnectionStringResource : ParameterResource, IResourceWithConnectionString
{
    public ConfiguredConnectionStringResource(string name, IConfiguration configuration, string? environmentVariableName)
        : base(name, _ => Read(configuration, name), secret: true)
    {
        ConnectionStringEnvironmentVariable = environmentVariableName;
        IsConnectionString = true;
        ConnectionStringExpression = ReferenceExpression.Create($"{this}");
    }

    public string? ConnectionStringEnvironmentVariable { get; }

    public ReferenceExpression ConnectionStringExpression { get; }

    string IManifestExpressionProvider.ValueExpression => ValueExpression;

    public ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) => GetValueAsync(cancellationToken);

    private static string Read(IConfiguration configuration, string name) => configuration.GetConnectionString(name)
        ?? throw new DistributedApplicationException($"Connection string '{name}' has no value: set ConnectionStrings__{name} in the environment.");
}

/// <summary>A connection string composed in the code.</summary>
public class ConnectionStringResource(string name, ReferenceExpression connectionStringExpression)
    : Resource(name), IResourceWithConnectionString, IResourceWithWaitSupport
{
    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression { get; } = connectionStringExpression;
}

/// <summary>A Kafka broker in a container. The substitute can describe one but not run it.</summary>
public class KafkaServerResource : ContainerResource, IResourceWithConnectionString
{
    internal const string PrimaryEndpointName = "tcp";

    /// <summary>Describes the broker.</summary>
    public KafkaServerResource(string name) : base(name)
    {
        PrimaryEndpoint = new EndpointReference(this, PrimaryEndpointName);
        ConnectionStringExpression = ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.HostAndPort)}");
    }

    /// <summary>The endpoint for processes on this machine.</summary>
    public EndpointReference PrimaryEndpoint { get; }

    /// <inheritdoc/>
    public ReferenceExpression ConnectionStringExpression { get; }
}

/// <summary>A service that the application uses but does not run.</summary>
public sealed class ExternalServiceResource(string name, Uri uri) : Resource(name)
{
    /// <summary>Its address.</summary>
    public Uri Uri { get; } = uri;
}
