using Sluice.Configuration.Graph;
using Sluice.Configuration.Text;

namespace Sluice.Configuration;

/// <summary>What came of loading a file.</summary>
/// <param name="Configuration">The graph; null when there is any error.</param>
/// <param name="Errors">Every mistake, by position.</param>
/// <param name="Warnings">What loads but will not do all it says, by position.</param>
public sealed record LoadResult(
    GatewayConfiguration? Configuration, IReadOnlyList<Diagnostic> Errors, IReadOnlyList<Diagnostic> Warnings);
