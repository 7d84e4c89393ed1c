namespace Aspire.Hosting;

/// <summary>How an application is built.</summary>
public sealed class DistributedApplicationOptions
{
    /// <summary>The command line.</summary>
    public string[]? Args { get; set; }

    /// <summary>The assembly of the app host; the entry assembly when null.</summary>
    public string? AssemblyName { get; set; }

    /// <summary>The folder of the app host project; read from the assembly when null.</summary>
    public string? ProjectDirectory { get; set; }

    /// <summary>Whether the status page is left out.</summary>
    public bool DisableDashboard { get; set; }

    /// <summary>No meaning here: the substitute listens on loopback without TLS.</summary>
    public bool AllowUnsecuredTransport { get; set; }

    /// <summary>No meaning here: the resources' logs are always shown.</summary>
    public bool EnableResourceLogging { get; set; }
}

/// <summary>What the application is asked to do.</summary>
public enum DistributedApplicationOperation
{
    /// <summary>Run the resources.</summary>
    Run,

    /// <summary>Describe the resources for a deployment.</summary>
    Publish,
}

/// <summary>What the application is asked to do.</summary>
public sealed class DistributedApplicationExecutionContext(DistributedApplicationOperation operation)
{
    /// <summary>The operation.</summary>
    public DistributedApplicationOperation Operation { get; } = operation;

    /// <summary>Whether the resources are run.</summary>
    public bool IsRunMode => Operation == DistributedApplicationOperation.Run;

    /// <summary>Whether the resources are described only.</summary>
    public bool IsPublishMode => Operation == DistributedApplicationOperation.Publish;
}

/// <summary>The model, or what it runs in, is wrong; the message says what to change.</summary>
public class DistributedApplicationException : Exception
{
    /// <summary>Without a reason.</summary>
    public DistributedApplicationException()
    {
    }

    /// <summary>With a reason.</summary>
    public DistributedApplicationException(string message) : base(message)
    {
    }

    /// <summary>With a reason and its cause.</summary>
    public DistributedApplicationException(string message, Exception inner) : base(message, inner)
    {
    }
}
