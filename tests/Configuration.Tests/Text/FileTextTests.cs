using System.Text;
using Sluice.Configuration.Graph;
using Sluice.Configuration.Text;

namespace Sluice.Configuration.Tests.Text;

/// <summary>Files that are missing, unreadable or odd: an error line each, never an exception.</summary>
public sealed class FileTextTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_missing_file_is_one_error() => Assert.Equal($"{At("x.yaml")}:1:1: cannot be read: there is no such file", Error("x.yaml"));

    [Fact]
    public void A_directory_is_one_error() => Assert.Equal($"{At("")}:1:1: cannot be read: it is a directory", Error(""));

    [Fact]
    public void A_remote_address_is_one_error() => Assert.Contains(
        "not supported yet", Assert.Single(ConfigurationLoader.Load("https://localhost/x.yaml").Errors).Message);

    [Fact]
    public void A_file_that_is_not_utf8_is_one_error()
    {
        File.WriteAllBytes(At("x.yaml"), [0x6e, 0xff, 0xfe]);
        Assert.Equal($"{At("x.yaml")}:1:1: the file is not UTF-8 text", Error("x.yaml"));
    }

    [Fact]
    public void A_file_beyond_4_MiB_is_one_error()
    {
        File.WriteAllBytes(At("x.yaml"), new byte[TextLimits.TextBytesMax + 1]);
        Assert.Equal($"{At("x.yaml")}:1:1: the file is larger than 4 MiB", Error("x.yaml"));
    }

    [Fact]
    public void A_byte_order_mark_is_no_part_of_the_text()
    {
        File.WriteAllText(At("x.yaml"), "name: a\n", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.Equal("a", Assert.Single(ConfigurationLoader.Load(At("x.yaml")).Configuration!.Namespaces).Name);
    }

    [Fact]
    public void Relative_names_start_beside_the_file()
    {
        File.WriteAllText(At("x.yaml"), "name: a\n");
        GatewayConfiguration graph = ConfigurationLoader.Load(At("x.yaml")).Configuration!;
        Assert.Equal(_directory, graph.Directory);
    }

    [Fact]
    public void Start_up_prints_every_finding_and_gives_no_graph()
    {
        File.WriteAllText(At("x.yaml"), "name: a\nbindngs: {}\nguards: []\n");
        var output = new StringWriter();
        Assert.Null(StartUp.LoadOrExplain(At("x.yaml"), output));
        Assert.Equal(2, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains($"{At("x.yaml")}:2:1: unknown key 'bindngs'", output.ToString());
    }

    [Fact]
    public void Start_up_without_a_path_says_which_variable_to_set()
    {
        var output = new StringWriter();
        Assert.Null(StartUp.LoadOrExplain("", output));
        Assert.Contains("SLUICE_CONFIG", output.ToString());
    }

    [Fact]
    public void Start_up_with_a_good_file_prints_nothing()
    {
        File.WriteAllText(At("x.yaml"), "");
        var output = new StringWriter();
        Assert.NotNull(StartUp.LoadOrExplain(At("x.yaml"), output));
        Assert.Empty(output.ToString());
    }

    private string At(string name) => name.Length == 0 ? _directory : Path.Combine(_directory, name);

    private string Error(string name) => Assert.Single(ConfigurationLoader.Load(At(name)).Errors).ToString();
}
