using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Sluice.ServiceDefaults;

/// <summary>Turns the exception that ended a service into the lines its user reads and the exit code its starter reads.</summary>
internal static class StartFailure
{
    /// <summary>Set to "true" to see the stack trace behind a failure that we did not foresee.</summary>
    private const string DetailsKey = "SLUICE_ERROR_DETAILS";

    public static int Report(string name, Exception exception, TextWriter error)
    {
        if (Find<ServiceStartException>(exception) is ServiceStartException known)
        {
            foreach (string line in known.Lines)
            {
                // A mistake in a file keeps the shape file:line:col: message, which editors can follow.
                error.WriteLine(known.ExitCode == ServiceExitCodes.ConfigurationError ? line : $"{name}: {line}");
            }

            return known.ExitCode;
        }

        if (IsAddressInUse(exception))
        {
            error.WriteLine($"{name}: {OneLine(exception.Message)} Stop the program that holds it, or choose another address (ASPNETCORE_URLS).");
            return ServiceExitCodes.Failed;
        }

        error.WriteLine($"{name}: stopped by {exception.GetType().Name}: {OneLine(exception.Message)} ({DetailsKey}=true shows where)");
        if (Environment.GetEnvironmentVariable(DetailsKey) is "true" or "1")
        {
            error.WriteLine(exception);
        }

        return ServiceExitCodes.Failed;
    }

    private static bool IsAddressInUse(Exception exception) =>
        Find<AddressInUseException>(exception) is not null
        || Find<SocketException>(exception) is { SocketErrorCode: SocketError.AddressAlreadyInUse or SocketError.AccessDenied };

    private static T? Find<T>(Exception? exception) where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is T found)
            {
                return found;
            }
        }

        return null;
    }

    internal static string OneLine(string text) => text.ReplaceLineEndings(" / ");
}
