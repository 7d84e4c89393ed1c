namespace Sluice.Configuration.Text;

/// <summary>Bounds on what a configuration file may ask of the loader. Beyond them it is refused; the message names the bound.</summary>
public static class TextLimits
{
    /// <summary>Largest file, and largest text after expressions are replaced: 4 MiB. A large real gateway is some 200 KB.</summary>
    public const int TextBytesMax = 4 * 1024 * 1024;

    /// <summary>Deepest nesting of maps and lists: 64. The deepest legal setting sits at about 12.</summary>
    public const int DepthMax = 64;

    /// <summary>Most nodes after YAML aliases are followed: 250,000. Keeps a file of nested aliases from growing without bound.</summary>
    public const int NodesMax = 250_000;

    /// <summary>Most bindings in one file: 4,096. The largest gateways we know have some hundreds.</summary>
    public const int BindingsMax = 4_096;

    /// <summary>Most errors, and most warnings, listed in one answer: 1,000. Nobody reads further.</summary>
    public const int FindingsMax = 1_000;

    /// <summary>Most ports one setting may open: 65,535, every port once.</summary>
    public const int PortsMax = 65_535;
}
