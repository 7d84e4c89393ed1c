using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Aspire.Hosting.Running;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <summary>Builds an application that the substitute runs.</summary>
public class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private readonly HostApplicationBuilder _host;
    private readonly EntryPointRun? _test;
    private readonly RunOptions _options;
    private bool _built;

    /// <summary>From a command line.</summary>
    public DistributedApplicationBuilder(string[] args) : this(new DistributedApplicationOptions { Args = args })
    {
    }

    /// <summary>From options.</summary>
    public DistributedApplicationBuilder(DistributedApplicationOptions options) : this(options, isTest: EntryPointRun.Current is not null)
    {
    }

    internal DistributedApplicationBuilder(DistributedApplicationOptions options, bool isTest)
    {
        _test = EntryPointRun.Current;
        AppHostAssembly = options.AssemblyName is { } name ? Assembly.Load(name) : _test?.Assembly ?? Assembly.GetEntryAssembly();
        AppHostInfo info = AppHostInfo.Read(AppHostAssembly);
        AppHostDirectory = options.ProjectDirectory ?? info.ProjectDirectory ?? Directory.GetCurrentDirectory();
        _host = new HostApplicationBuilder(new HostApplicationBuilderSettings
        {
            Args = [.. options.Args ?? [], "--hostBuilder:reloadConfigOnChange=false"],
            ContentRootPath = Directory.Exists(AppHostDirectory) ? AppHostDirectory : Directory.GetCurrentDirectory(),
        });
        _host.Logging.ClearProviders(); // What there is to say is said by the run's console, line by line.
        ExecutionContext = new DistributedApplicationExecutionContext(
            _host.Configuration["publisher"] is not null || IsPublish(_host.Configuration["operation"])
                ? DistributedApplicationOperation.Publish
                : DistributedApplicationOperation.Run);
        _options = new RunOptions(info, isTest, HasStatusPage: !options.DisableDashboard && !isTest);
        Eventing = new DistributedApplicationEventing();
    }

    /// <inheritdoc/>
    public ConfigurationManager Configuration => _host.Configuration;

    /// <inheritdoc/>
    public string AppHostDirectory { get; }

    /// <inheritdoc/>
    public Assembly? AppHostAssembly { get; }

    /// <inheritdoc/>
    public IHostEnvironment Environment => _host.Environment;

    /// <inheritdoc/>
    public IServiceCollection Services => _host.Services;

    /// <inheritdoc/>
    public IDistributedApplicationEventing Eventing { get; }

    /// <inheritdoc/>
    public DistributedApplicationExecutionContext ExecutionContext { get; }

    /// <inheritdoc/>
    public IResourceCollection Resources { get; } = new ResourceCollection();

    /// <inheritdoc/>
    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        ArgumentNullException.ThrowIfNull(resource);
        if (Resources.FirstOrDefault(other => string.Equals(other.Name, resource.Name, StringComparison.OrdinalIgnoreCase)) is { } known)
        {
            throw new DistributedApplicationException(
                $"There is a resource '{known.Name}' ({known.GetType().Name}) already; names are compared without regard to case.");
        }

        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    /// <inheritdoc/>
    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => new ResourceBuilder<T>(this, resource);

    /// <inheritdoc/>
    public DistributedApplication Build()
    {
        _test?.OnBuilding(this);
        if (_built)
        {
            throw new InvalidOperationException("The application is built already.");
        }

        _built = true;
        DistributedApplicationModel model = new(Resources);
        ResourceNotificationService notifications = new();
        _host.Services.AddHealthChecks();
        _host.Services.AddSingleton(model).AddSingleton(notifications).AddSingleton(ExecutionContext).AddSingleton(Eventing);
        IHost host = _host.Build();
        DistributedApplication application = new(host, new RunContext(
            host.Services, host.Services.GetRequiredService<IConfiguration>(), model, notifications, Eventing, ExecutionContext, AppHostDirectory, _options));
        _test?.OnBuilt(application);
        return application;
    }

    private static bool IsPublish(string? operation) => string.Equals(operation, "publish", StringComparison.OrdinalIgnoreCase);
}
