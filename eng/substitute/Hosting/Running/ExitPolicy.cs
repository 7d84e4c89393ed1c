using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting.Running;

/// <summary>What follows from the end of a process.</summary>
internal enum ExitVerdict
{
    /// <summary>It was told to.</summary>
    Stopped,

    /// <summary>Its work is done.</summary>
    Finished,

    /// <summary>It never came up: the application ends.</summary>
    FailedToStart,

    /// <summary>It says that another start is useless: the application ends.</summary>
    Fatal,

    /// <summary>It is started again after a while.</summary>
    Restart,

    /// <summary>It is started again at once.</summary>
    RestartNow,
}

/// <summary>
/// A service that ends unasked is started again, except when its configuration is wrong (exit code 2) or when it never came up:
/// those end the application with a line, for a person must look. A program that is no service may end when its work is done.
/// </summary>
internal static class ExitPolicy
{
    /// <summary>The exit code that says "my configuration is wrong".</summary>
    public const int ConfigurationError = 2;

    // 128 + SIGINT, SIGKILL, SIGTERM: ended from outside, which says nothing about the service.
    private static readonly int[] EndedFromOutside = [130, 137, 143];

    public static ExitVerdict Judge(DistributedApplicationModel model, IResource resource, Wish wish, int exitCode, bool wasReady) => wish switch
    {
        Wish.RunAgain => ExitVerdict.RestartNow,
        Wish.Rest or Wish.End or Wish.RunUntilItEnds => ExitVerdict.Stopped,
        _ when resource is ExecutableResource && (exitCode == 0 || IsAwaited(model, resource)) => ExitVerdict.Finished,
        _ when !wasReady && exitCode != 0 && !EndedFromOutside.Contains(exitCode) => ExitVerdict.FailedToStart,
        _ when exitCode == ConfigurationError => ExitVerdict.Fatal,
        _ => ExitVerdict.Restart,
    };

    private static bool IsAwaited(DistributedApplicationModel model, IResource resource) => model.Resources.Any(other =>
        other.Annotations.OfType<WaitAnnotation>().Any(wait => wait.Resource == resource && wait.WaitType == WaitType.WaitForCompletion));
}
