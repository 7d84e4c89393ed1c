namespace Aspire.Hosting.Running;

/// <summary>
/// Prints every line with the name of the one who said it: <c>edge         | …</c>; in colour on a terminal (NO_COLOR is obeyed).
/// </summary>
internal sealed class RunConsole(IEnumerable<string> names, bool isSilent)
{
    /// <summary>The name of the app host itself.</summary>
    public const string HostName = "apphost";

    private static readonly int[] Palette = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94]; // ANSI foreground colours, without red

    private readonly string[] _names = [HostName, .. names];
    private readonly int _width = names.Append(HostName).Max(name => name.Length);
    private readonly bool _isColored = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
    private readonly Lock _lock = new();

    public void Write(string line) => Write(HostName, line);

    public void Write(string name, string line)
    {
        if (isSilent)
        {
            return;
        }

        string prefix = name.PadRight(_width) + " | ";
        if (_isColored)
        {
            int color = Palette[Math.Max(0, Array.IndexOf(_names, name)) % Palette.Length];
            prefix = $"\e[{color}m{prefix}\e[0m";
        }

        lock (_lock)
        {
            Console.Out.WriteLine(prefix + line);
        }
    }
}
