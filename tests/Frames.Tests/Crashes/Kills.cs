using System.Globalization;

namespace Sluice.Frames.Tests;

/// <summary>How often the crash tests kill: <c>SLUICE_TEST_KILLS</c> raises it, 1000 for the full run.</summary>
internal static class Kills
{
    /// <summary>Kills of ring processes, over all tests. The default takes a CI machine of two cores about 20 s.</summary>
    public static int OfRings { get; } = Read(200);

    /// <summary>Kills of linked processes, over all tests.</summary>
    public static int OfLinks { get; } = Math.Max(50, OfRings / 4);

    private static int Read(int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable("SLUICE_TEST_KILLS"), NumberStyles.None, CultureInfo.InvariantCulture, out int kills) && kills > 0 ? kills : otherwise;
}
