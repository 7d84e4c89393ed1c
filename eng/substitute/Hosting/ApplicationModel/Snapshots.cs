using System.Collections.Immutable;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>The states a resource can be in.</summary>
public static class KnownResourceStates
{
    /// <summary>Waits to be started by someone.</summary>
    public static readonly string NotStarted = nameof(NotStarted);

    /// <summary>Waits for another resource.</summary>
    public static readonly string Waiting = nameof(Waiting);

    /// <summary>Its process is being created.</summary>
    public static readonly string Starting = nameof(Starting);

    /// <summary>Runs; whether it is healthy is another question.</summary>
    public static readonly string Running = nameof(Running);

    /// <summary>Was told to stop.</summary>
    public static readonly string Stopping = nameof(Stopping);

    /// <summary>Ended, by itself or by force, and is not coming back soon.</summary>
    public static readonly string Exited = nameof(Exited);

    /// <summary>Ended with the work done.</summary>
    public static readonly string Finished = nameof(Finished);

    /// <summary>Never came up.</summary>
    public static readonly string FailedToStart = nameof(FailedToStart);

    /// <summary>Has no process, but is in use.</summary>
    public static readonly string Active = nameof(Active);

    /// <summary>What it would run in does not work.</summary>
    public static readonly string RuntimeUnhealthy = nameof(RuntimeUnhealthy);

    /// <summary>The states in which nothing runs any more.</summary>
    public static readonly IReadOnlyList<string> TerminalStates = [Finished, FailedToStart, Exited, RuntimeUnhealthy];
}

/// <summary>A state and how to paint it.</summary>
public sealed record ResourceStateSnapshot(string Text, string? Style)
{
    /// <summary>A state by its name.</summary>
    public static implicit operator ResourceStateSnapshot?(string? text) => text is null ? null : new(text, null);
}

/// <summary>A fact about a running resource, such as <c>executable.pid</c>.</summary>
public sealed record ResourcePropertySnapshot(string Name, object? Value);

/// <summary>An address of a running resource.</summary>
public sealed record UrlSnapshot(string? Name, string Url, bool IsInternal);

/// <summary>What one health check said.</summary>
public sealed record HealthReportSnapshot(string Name, HealthStatus? Status, string? Description, string? ExceptionText);

/// <summary>What is known about a resource at one moment.</summary>
public sealed record CustomResourceSnapshot
{
    /// <summary>What kind of resource: "Project", "Executable", "Parameter"…</summary>
    public required string ResourceType { get; init; }

    /// <summary>Facts, among them <c>executable.pid</c> (an int) of the process that runs now.</summary>
    public required ImmutableArray<ResourcePropertySnapshot> Properties { get; init; }

    /// <summary>One of <see cref="KnownResourceStates"/>.</summary>
    public ResourceStateSnapshot? State { get; init; }

    /// <summary>The exit code of the last process; null while none has ended.</summary>
    public int? ExitCode { get; init; }

    /// <summary>When the process started.</summary>
    public DateTime? StartTimeStamp { get; init; }

    /// <summary>When the process ended.</summary>
    public DateTime? StopTimeStamp { get; init; }

    /// <summary>The addresses.</summary>
    public ImmutableArray<UrlSnapshot> Urls { get; init; } = [];

    /// <summary>What the health checks said last.</summary>
    public ImmutableArray<HealthReportSnapshot> HealthReports { get; init; } = [];

    /// <summary>Whether a running resource does its work: always, when it has no health check. Null while it does not run.</summary>
    public HealthStatus? HealthStatus { get; init; }

    /// <summary>How often the process was started again after it ended by itself. The substitute's own addition.</summary>
    public int Restarts { get; init; }
}

/// <summary>A change of a resource.</summary>
public sealed class ResourceEvent(IResource resource, string resourceId, CustomResourceSnapshot snapshot)
{
    /// <summary>The resource.</summary>
    public IResource Resource { get; } = resource;

    /// <summary>Which instance of it: NAME, or NAME-0, NAME-1… when there are replicas.</summary>
    public string ResourceId { get; } = resourceId;

    /// <summary>What is known now.</summary>
    public CustomResourceSnapshot Snapshot { get; } = snapshot;
}
