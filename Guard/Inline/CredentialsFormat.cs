using System.Diagnostics.CodeAnalysis;

namespace Sluice.Guard.Inline;

/// <summary>
/// Splits one text into identity and credentials along a pattern such as <c>{identity}:{credentials}</c>. Each name occurs at most
/// once; the text between them separates them at its first occurrence.
/// </summary>
internal sealed class CredentialsFormat
{
    private const string Identity = "{identity}";
    private const string Credentials = "{credentials}";

    private readonly string _prefix;
    private readonly string _separator;
    private readonly string _suffix;
    private readonly bool _identityFirst;
    private readonly bool _hasIdentity;
    private readonly bool _hasCredentials;

    /// <summary>Reads the pattern.</summary>
    /// <exception cref="FormatException">It holds neither name, one twice, or both without anything between them.</exception>
    public CredentialsFormat(string format)
    {
        int identity = format.IndexOf(Identity, StringComparison.Ordinal);
        int credentials = format.IndexOf(Credentials, StringComparison.Ordinal);
        _hasIdentity = identity >= 0;
        _hasCredentials = credentials >= 0;
        if (!_hasIdentity && !_hasCredentials)
        {
            throw new FormatException($"the format '{format}' names neither {Identity} nor {Credentials}");
        }

        if (format.LastIndexOf(Identity, StringComparison.Ordinal) != identity || format.LastIndexOf(Credentials, StringComparison.Ordinal) != credentials)
        {
            throw new FormatException($"the format '{format}' names a part twice");
        }

        _identityFirst = _hasIdentity && (!_hasCredentials || identity < credentials);
        int first = _identityFirst ? identity : credentials;
        int firstEnd = first + (_identityFirst ? Identity : Credentials).Length;
        int second = _identityFirst ? credentials : identity;
        _prefix = format[..first];
        _separator = second < 0 ? "" : format[firstEnd..second];
        _suffix = second < 0 ? format[firstEnd..] : format[(second + (_identityFirst ? Credentials : Identity).Length)..];
        if (second >= 0 && _separator.Length == 0)
        {
            throw new FormatException($"the format '{format}' has nothing between its parts to tell them apart");
        }
    }

    /// <summary>The parts of a text; false when it does not have the shape.</summary>
    public bool TrySplit(string text, [NotNullWhen(true)] out string? identity, [NotNullWhen(true)] out string? credentials)
    {
        identity = credentials = null;
        if (text.Length < _prefix.Length + _suffix.Length
            || !text.StartsWith(_prefix, StringComparison.Ordinal) || !text.EndsWith(_suffix, StringComparison.Ordinal))
        {
            return false;
        }

        string middle = text[_prefix.Length..^_suffix.Length];
        if (!(_hasIdentity && _hasCredentials))
        {
            identity = _hasIdentity ? middle : "";
            credentials = _hasCredentials ? middle : "";
            return true;
        }

        int at = middle.IndexOf(_separator, StringComparison.Ordinal);
        if (at < 0)
        {
            return false;
        }

        string before = middle[..at];
        string after = middle[(at + _separator.Length)..];
        (identity, credentials) = _identityFirst ? (before, after) : (after, before);
        return true;
    }
}
