using System.Text.Encodings.Web;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Running;

namespace Aspire.Hosting.Publishing;

/// <summary>
/// Writes the model as a plain manifest: resources with type, project or command, arguments, environment and bindings. Values known
/// only at run time appear as placeholders such as <c>{guard.bindings.http.url}</c>.
/// </summary>
internal static class ManifestPublisher
{
    private const string FileName = "aspire-manifest.json";

    public static async Task PublishAsync(RunContext context, CancellationToken cancellationToken)
    {
        string output = context.Configuration["output-path"] ?? throw new DistributedApplicationException(
            "Publishing needs --output-path: a .json file for '--publisher manifest', a folder for '--operation publish --step publish'.");
        string path = Path.GetFullPath(output.EndsWith(".json", StringComparison.OrdinalIgnoreCase) ? output : Path.Combine(output, FileName));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await context.Eventing.PublishAsync(new BeforeStartEvent(context.Services, context.Model), cancellationToken).ConfigureAwait(false);

        using FileStream file = File.Create(path);
        using Utf8JsonWriter json = new(file, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteStartObject("resources");
        foreach (IResource resource in context.Model.Resources.Where(resource => !resource.Annotations.OfType<ManifestExclusionAnnotation>().Any()))
        {
            json.WriteStartObject(resource.Name);
            WriteKind(json, resource, Path.GetDirectoryName(path)!);
            if (RunContext.IsProcess(resource))
            {
                await WriteProcessAsync(json, context, resource, cancellationToken).ConfigureAwait(false);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
        await json.FlushAsync(cancellationToken).ConfigureAwait(false);
        Console.Out.WriteLine($"manifest written to {path}");
    }

    private static void WriteKind(Utf8JsonWriter json, IResource resource, string folder)
    {
        switch (resource)
        {
            case ProjectResource project:
                json.WriteString("type", "project.v1");
                json.WriteString("path", Path.GetRelativePath(folder, project.Metadata.ProjectPath));
                break;
            case ExecutableResource executable:
                json.WriteString("type", "executable.v0");
                json.WriteString("workingDirectory", Path.GetRelativePath(folder, executable.WorkingDirectory));
                json.WriteString("command", executable.Command);
                break;
            case ContainerResource:
                json.WriteString("type", "container.v1");
                break;
            case ParameterResource parameter:
                json.WriteString("type", "parameter.v0");
                json.WriteString("value", $"{{{parameter.Name}.inputs.value}}");
                json.WriteBoolean("secret", parameter.Secret);
                break;
            case IResourceWithConnectionString connection:
                json.WriteString("type", "value.v0");
                json.WriteString("connectionString", connection.ConnectionStringExpression.ValueExpression);
                break;
            case ExternalServiceResource external:
                json.WriteString("type", "external.service.v0");
                json.WriteString("url", external.Uri.ToString());
                break;
            default:
                json.WriteString("type", "custom.v0");
                break;
        }
    }

    private static async Task WriteProcessAsync(Utf8JsonWriter json, RunContext context, IResource resource, CancellationToken cancellationToken)
    {
        json.WriteNumber("replicas", RunContext.ReplicasOf(resource));
        json.WriteStartArray("args");
        foreach (object arg in await ProcessLaunch.ArgumentsAsync(resource, cancellationToken).ConfigureAwait(false))
        {
            json.WriteStringValue(Expression(arg));
        }

        json.WriteEndArray();
        json.WriteStartObject("env");
        foreach ((string name, object value) in await ProcessLaunch.VariablesAsync(context, resource, 0, cancellationToken).ConfigureAwait(false))
        {
            json.WriteString(name, Expression(value));
        }

        json.WriteEndObject();
        json.WriteStartObject("bindings");
        foreach (EndpointAnnotation endpoint in resource.Annotations.OfType<EndpointAnnotation>())
        {
            json.WriteStartObject(endpoint.Name);
            json.WriteString("scheme", endpoint.UriScheme);
            json.WriteString("protocol", endpoint.Protocol.ToString().ToLowerInvariant());
            json.WriteString("transport", endpoint.Transport);
            if ((endpoint.TargetPort ?? endpoint.Port) is { } port)
            {
                json.WriteNumber("targetPort", port);
            }

            if (endpoint.IsExternal)
            {
                json.WriteBoolean("external", true);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static string Expression(object value) => value is IManifestExpressionProvider provider
        ? provider.ValueExpression
        : Convert.ToString(value, System.Globalization.CultureInfo.InvariantCulture) ?? "";
}
