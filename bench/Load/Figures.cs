using System.Globalization;

namespace Sluice.Bench.Load;

/// <summary>Figures go out one a line, as key=value.</summary>
internal static class Figures
{
    public static void Print(string key, double value) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{key}={value:0.###}"));
}
