using System.Globalization;
using System.Net;

namespace Sluice.Configuration.Schema.Bindings;

/// <summary>tcp (config-core §3.1).</summary>
internal static class TcpSchemas
{
    private static readonly ObjectShape Options = new(
        new Field("host", Shape.FilledText, Required: true),
        new Field("port", new PortsShape(), Required: true));

    private static readonly ObjectShape When = new(
        new Field("authority", Shape.FilledText),
        new Field("cidr", new TextShape(IsCidr, "an address block such as \"10.0.0.0/8\"")),
        new Field("port", new PortsShape()));

    public static BindingSchema Server { get; } = new() { Options = Options, OptionsRequired = true, When = When };

    // Runs below a kafka client only so far, which finds its brokers by itself.
    public static BindingSchema Client { get; } = new()
    {
        Options = Options,
        OptionsNote = "are not dialled: the kafka client connects to the brokers at the addresses they advertise",
        Exit = ExitRule.Forbidden,
        RouteExit = ExitRule.Forbidden,
        When = When,
    };

    private static bool IsCidr(string text)
    {
        int slash = text.IndexOf('/');
        return slash > 0
            && IPAddress.TryParse(text.AsSpan(0, slash), out IPAddress? address)
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int bits)
            && bits <= address.GetAddressBytes().Length * 8;
    }
}
