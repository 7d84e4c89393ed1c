using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Running;

/// <summary>Composes what a process is started with: program, arguments, environment (reference: Aspire's run-time contract).</summary>
internal static class ProcessLaunch
{
    /// <summary>Tells a service which process it must not outlive.</summary>
    public const string ParentPidKey = "SLUICE_PARENT_PID";

    /// <summary>Tells a replica its number, from 0.</summary>
    public const string InstanceKey = "SLUICE_INSTANCE";

    // Set for the app host itself; a child that inherited them would listen on the status page's address.
    private static readonly string[] NotInherited =
        ["ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS", "ASPNETCORE_HTTPS_PORTS", "HTTP_PORTS", "HTTPS_PORTS", "DOTNET_LAUNCH_PROFILE", "DOTNET_URLS", "URLS"];

    public static async Task<ProcessStartInfo> ComposeAsync(RunContext context, IResource resource, int index, CancellationToken cancellationToken)
    {
        EndpointReference.EnterReplica(resource, index);
        ProcessStartInfo start = resource switch
        {
            ProjectResource project => ForProject(project, context),
            ExecutableResource executable => ForExecutable(executable),
            _ => throw new InvalidOperationException($"{resource.GetType().Name} '{resource.Name}' is not a process"),
        };
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.UseShellExecute = false;

        foreach (object arg in await ArgumentsAsync(resource, cancellationToken).ConfigureAwait(false))
        {
            start.ArgumentList.Add(await TextAsync(arg, cancellationToken).ConfigureAwait(false));
        }

        foreach (string name in NotInherited)
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, object value) in await VariablesAsync(context, resource, index, cancellationToken).ConfigureAwait(false))
        {
            start.Environment[name] = await TextAsync(value, cancellationToken).ConfigureAwait(false);
        }

        return start;
    }

    /// <summary>The arguments as the model gives them, late-bound ones unresolved.</summary>
    public static async Task<IList<object>> ArgumentsAsync(IResource resource, CancellationToken cancellationToken)
    {
        CommandLineArgsCallbackContext arguments = new([], cancellationToken);
        foreach (CommandLineArgsCallbackAnnotation annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>().ToArray())
        {
            await annotation.Callback(arguments).ConfigureAwait(false);
        }

        return arguments.Args;
    }

    /// <summary>The variables as the model gives them, late-bound ones unresolved.</summary>
    public static async Task<Dictionary<string, object>> VariablesAsync(
        RunContext context, IResource resource, int index, CancellationToken cancellationToken)
    {
        bool isRun = context.ExecutionContext.IsRunMode;
        EnvironmentCallbackContext variables = new(
            context.ExecutionContext, resource, isRun ? HostVariables(context, resource, index) : [], cancellationToken);
        foreach (EnvironmentCallbackAnnotation annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToArray())
        {
            await annotation.Callback(variables).ConfigureAwait(false);
        }

        if (isRun && resource is ProjectResource)
        {
            AddListenAddresses(variables.EnvironmentVariables, resource, index);
        }

        return variables.EnvironmentVariables;
    }

    private static Dictionary<string, object> HostVariables(RunContext context, IResource resource, int index)
    {
        Dictionary<string, object> variables = new()
        {
            [ParentPidKey] = Environment.ProcessId,
            [InstanceKey] = index,
        };
        if (resource is not ProjectResource)
        {
            return variables;
        }

        string environment = context.Services.GetRequiredService<IHostEnvironment>().EnvironmentName;
        variables["ASPNETCORE_ENVIRONMENT"] = variables["DOTNET_ENVIRONMENT"] = environment;
        variables["OTEL_SERVICE_NAME"] = resource.Name;
        variables["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={Random.Shared.Next():x8}";
        variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
        if (environment == Environments.Development)
        {
            variables["OTEL_BSP_SCHEDULE_DELAY"] = variables["OTEL_BLRP_SCHEDULE_DELAY"] = variables["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
            variables["OTEL_TRACES_SAMPLER"] = "always_on";
            variables["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
        }

        return variables;
    }

    private static void AddListenAddresses(Dictionary<string, object> variables, IResource resource, int index)
    {
        AllocatedEndpoint[] http = [.. resource.Annotations.OfType<EndpointAnnotation>()
            .Where(endpoint => endpoint.IsHttp).Select(endpoint => endpoint.Instances[index])];
        if (http.Length > 0)
        {
            variables.TryAdd("ASPNETCORE_URLS", string.Join(';', http.Select(endpoint => endpoint.UriString)));
        }

        if (http.FirstOrDefault(endpoint => endpoint.UriScheme == "https") is { } https)
        {
            variables.TryAdd("ASPNETCORE_HTTPS_PORT", https.Port);
        }
    }

    private static ProcessStartInfo ForProject(ProjectResource project, RunContext context)
    {
        string program = ProjectProgram.Find(project, context.Options.Info.Configuration);
        ProcessStartInfo start = new(ProjectProgram.FindDotnet())
        {
            WorkingDirectory = Path.GetDirectoryName(project.Metadata.ProjectPath) is { } folder && Directory.Exists(folder)
                ? folder
                : Path.GetDirectoryName(program)!,
        };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(program);
        return start;
    }

    private static ProcessStartInfo ForExecutable(ExecutableResource executable)
    {
        bool isPath = executable.Command.Contains(Path.DirectorySeparatorChar, StringComparison.Ordinal);
        return new ProcessStartInfo(isPath ? Path.GetFullPath(executable.Command, executable.WorkingDirectory) : executable.Command)
        {
            WorkingDirectory = executable.WorkingDirectory,
        };
    }

    private static async ValueTask<string> TextAsync(object value, CancellationToken cancellationToken) => value switch
    {
        string text => text,
        IValueProvider provider => await provider.GetValueAsync(cancellationToken).ConfigureAwait(false) ?? "",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
