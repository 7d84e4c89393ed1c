namespace Aspire.Hosting.ApplicationModel;

/// <summary>
/// The rules for resource names: 1 to 64 ASCII letters, digits and hyphens; first a letter; no two hyphens in a row, none at the end.
/// </summary>
internal static class ResourceName
{
    public const int LengthMax = 64;

    public static void Validate(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string? mistake = name switch
        {
            "" or { Length: > LengthMax } => $"it must have 1 to {LengthMax} characters",
            _ when !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') => "only ASCII letters, digits and hyphens are allowed",
            _ when !char.IsAsciiLetter(name[0]) => "it must start with a letter",
            _ when name[^1] == '-' => "it must not end with a hyphen",
            _ when name.Contains("--", StringComparison.Ordinal) => "it must not hold two hyphens in a row",
            _ => null,
        };
        if (mistake is not null)
        {
            throw new ArgumentException($"Resource name '{name}' is invalid: {mistake}.", nameof(name));
        }
    }
}
