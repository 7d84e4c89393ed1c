namespace Sluice.Configuration.Schema.Bindings;

/// <summary>echo: it gives back what it gets, so there is nothing to set (config-core §3.8).</summary>
internal static class EchoSchemas
{
    public static BindingSchema Server { get; } = new() { Exit = ExitRule.Forbidden, Routes = false };
}
