using System.CommandLine;
using Sluice.Cli;

namespace Sluice.Configuration.Tests.Cli;

/// <summary>What a user of the <c>sluice</c> command sees.</summary>
public sealed class CommandTests
{
    [Fact]
    public void Explain_prints_the_ways_and_the_rooms()
    {
        (int code, string output, string error) = Run("explain", Examples.Path("quickstart/sluice.yaml"), "--env", "KAFKA_BOOTSTRAP_SERVER=h:1");
        Assert.Equal((0, ""), (code, error));
        Assert.Equal(
            """
            namespace quickstart
              edge_tcp (tcp server 127.0.0.1:7114)                       Edge
                -> edge_http (http server)                               Edge
                  -> 1 route: items_api (http-kafka proxy)               ProtocolWorkers
                    -> 4 routes: items_cache (kafka cache_client)        ProtocolWorkers
                      -> cache (kafka cache_server)                      KafkaCache
                        -> broker (kafka client)                         KafkaCache
                          -> broker_tcp (tcp client)                     KafkaCache

            """,
            output);
    }

    [Fact]
    public void Explain_of_a_circle_ends()
    {
        string file = WithFile("name: a\nbindings:\n  x: { type: http, kind: server, exit: y }\n  y: { type: http, kind: server, exit: x }\n");
        (int code, string output, _) = Run("explain", file);
        Assert.Equal(0, code);
        Assert.Contains("x (http server) see above", output);
        File.Delete(file);
    }

    [Fact]
    public void Lint_of_a_good_file_ends_with_zero()
    {
        (int code, string output, _) = Run("lint", Examples.Path("tcp.echo/zilla.yaml"), Examples.Path("http.echo/zilla.yaml"));
        Assert.Equal((0, "0 errors, 0 warnings"), (code, output.Trim()));
    }

    [Fact]
    public void Lint_of_a_bad_file_prints_every_finding_and_ends_with_two()
    {
        string file = WithFile("name: a\nbindings:\n  x: { type: http, kind: server, exit: y, vautl: v }\n");
        (int code, string output, _) = Run("lint", file);
        Assert.Equal(2, code);
        Assert.Equal(
            [$"{file}:3:40: warning: exit 'y' of binding 'x' names no binding (did you mean 'x'?); streams to it are refused",
             $"{file}:3:43: unknown key 'vautl' in bindings.x; did you mean 'vault'?",
             "1 error, 1 warning"],
            output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        File.Delete(file);
    }

    [Fact]
    public void A_badly_formed_env_option_is_refused()
    {
        (int code, _, string error) = Run("lint", "x.yaml", "--env", "novalue");
        Assert.NotEqual(0, code);
        Assert.Contains("--env takes NAME=VALUE, not 'novalue'", error);
    }

    [Fact]
    public void Version_prints_the_version()
    {
        (int code, string output, _) = Run("version");
        Assert.Equal(0, code);
        Assert.StartsWith("sluice 0.", output);
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        var streams = new InvocationConfiguration { Output = new StringWriter(), Error = new StringWriter() };
        int code = SluiceCommand.Create().Parse(arguments).Invoke(streams);
        return (code, streams.Output.ToString()!.ReplaceLineEndings("\n"), streams.Error.ToString()!);
    }

    private static string WithFile(string text)
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, text);
        return file;
    }
}
