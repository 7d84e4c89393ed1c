namespace Sluice.Catalog.Hosting;

/// <summary>Log ids 7000-7999.</summary>
internal static partial class CatalogLog
{
    [LoggerMessage(7000, LogLevel.Information, "{Count} catalogs")]
    public static partial void Serving(ILogger logger, int count);
}
