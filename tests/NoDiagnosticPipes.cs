using System.Runtime.CompilerServices;

namespace Sluice.Testing;

/// <summary>Processes that a test starts, and those that they start, open no diagnostic pipes.</summary>
/// <remarks>The runtime makes them in the temporary directory and removes them when it ends; a process that is killed never does. Compiled into every test project.</remarks>
internal static class NoDiagnosticPipes
{
    [ModuleInitializer]
    internal static void Set() => Environment.SetEnvironmentVariable("DOTNET_EnableDiagnostics", "0");
}
