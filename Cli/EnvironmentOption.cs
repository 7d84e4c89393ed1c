using System.CommandLine;

namespace Sluice.Cli;

/// <summary><c>--env NAME=VALUE</c>: values for <c>${{env.NAME}}</c> that this shell does not have.</summary>
internal sealed class EnvironmentOption
{
    public Option<string[]> Option { get; } = Create();

    /// <summary>The given values first, then the process's environment.</summary>
    public Func<string, string?> Lookup(ParseResult parsed)
    {
        string[] pairs = parsed.GetValue(Option) ?? [];
        return name =>
        {
            foreach (string pair in pairs)
            {
                int equals = pair.IndexOf('=');
                if (equals == name.Length && pair.StartsWith(name, StringComparison.Ordinal))
                    return pair[(equals + 1)..];
            }

            return Environment.GetEnvironmentVariable(name);
        };
    }

    private static Option<string[]> Create()
    {
        var option = new Option<string[]>("--env", "-e")
        {
            Description = "NAME=VALUE for ${{env.NAME}}; repeat for more",
            HelpName = "NAME=VALUE",
        };
        option.Validators.Add(result =>
        {
            foreach (System.CommandLine.Parsing.Token token in result.Tokens)
            {
                if (token.Value.IndexOf('=') < 1)
                    result.AddError($"--env takes NAME=VALUE, not '{token.Value}'");
            }
        });
        return option;
    }
}
