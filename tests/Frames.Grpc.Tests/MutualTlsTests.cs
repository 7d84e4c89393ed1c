using Sluice.Frames.Testing;

namespace Sluice.Frames.Grpc.Tests;

/// <summary>design.md §4: links between hosts are between members of one suite. Who is none is refused, in one line.</summary>
public sealed class MutualTlsTests : IAsyncDisposable
{
    private const long Echo = 2;

    private readonly string _directory = Directory.CreateTempSubdirectory("sluice-tls-").FullName;
    private readonly List<LinkHost> _hosts = [];
    private readonly TestAuthority _ours;
    private readonly TestAuthority _theirs;

    public MutualTlsTests()
    {
        _ours = new TestAuthority(_directory, "ours");
        _theirs = new TestAuthority(_directory, "theirs");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (LinkHost host in Enumerable.Reverse(_hosts))
        {
            await host.DisposeAsync();
        }

        _ours.Dispose();
        _theirs.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Two_members_of_one_authority_are_linked_and_streams_cross()
    {
        LinkHost back = await BackAsync(_ours.Member());
        LinkHost front = await FrontAsync(back, _ours.Member());
        await LinkHost.Until(() => front.Group.HasLinkTo("back"), () => string.Join('\n', front.Refused.Messages));
        var done = new TaskCompletionSource<byte[]>();
        front.Engine.Post(() => front.Engine.Open(new Pump("hello"u8.ToArray(), done), 1, Echo));
        Assert.Equal("hello"u8.ToArray(), await done.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Empty(back.Refused.Messages);
    }

    [Fact]
    public async Task A_caller_without_a_certificate_is_refused_in_one_line()
    {
        LinkHost back = await BackAsync(_ours.Member());
        LinkHost front = await FrontAsync(back, new Dictionary<string, string?> { ["SLUICE_LINK_CA"] = _ours.AuthorityFile });
        await RefusedAsync(front, back, "certificate");
        Assert.False(back.Group.HasLinkTo("front"));
    }

    [Fact]
    public async Task A_caller_of_another_authority_is_refused_and_the_listener_says_who_it_was()
    {
        LinkHost back = await BackAsync(_ours.Member());
        LinkHost front = await FrontAsync(back, _theirs.Member(trusted: _ours));
        await RefusedAsync(front, back, "certificate");
        await LinkHost.Until(() => !back.Refused.Messages.IsEmpty);
        Assert.Contains("CN=member of theirs", back.Refused.Messages.First(), StringComparison.Ordinal);
        Assert.False(back.Group.HasLinkTo("front"));
    }

    [Fact]
    public async Task A_listener_of_another_authority_is_not_talked_to()
    {
        LinkHost back = await BackAsync(_theirs.Member(trusted: _ours));
        LinkHost front = await FrontAsync(back, _ours.Member());
        await RefusedAsync(front, back, "SLUICE_LINK_CA");
        Assert.False(front.Group.HasLinkTo("back"));
    }

    [Fact]
    public async Task A_caller_without_TLS_is_refused_where_TLS_is_asked_for()
    {
        LinkHost back = await BackAsync(_ours.Member());
        LinkHost front = await LinkHost.StartAsync(
            "front", engine => engine.Place(Echo, "back"), 1, "back", [back.Address.Replace("https", "http", StringComparison.Ordinal)]);
        _hosts.Add(front);
        await RefusedAsync(front, back, "https");
    }

    [Fact]
    public async Task Half_a_configuration_is_refused_with_the_missing_name()
    {
        Dictionary<string, string?> settings = _ours.Member();
        settings.Remove("SLUICE_LINK_KEY");
        settings["SLUICE_LINK_ADDRESS"] = "https://127.0.0.1:0";
        Exception? exception = await Record.ExceptionAsync(() => LinkHost.StartAsync("back", _ => { }, settings: settings));
        Assert.Equal("SLUICE_LINK_CERT is set and SLUICE_LINK_KEY is not: mutual TLS of links needs both", exception?.Message);
    }

    // However often it is tried, it is said once.
    private static async Task RefusedAsync(LinkHost front, LinkHost back, string word)
    {
        await LinkHost.Until(() => !front.Refused.Messages.IsEmpty);
        int before = back.CallersGone;
        await LinkHost.Until(() => back.CallersGone >= before + 3);
        string line = Assert.Single(front.Refused.Messages);
        Assert.Contains(word, line, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', line);
        Assert.False(front.Group.HasLinkTo("back"));
    }

    private async Task<LinkHost> BackAsync(Dictionary<string, string?> settings)
    {
        settings["SLUICE_LINK_ADDRESS"] = "https://127.0.0.1:0";
        LinkHost host = await LinkHost.StartAsync("back", engine => engine.Attach(Echo, new EchoBinding()), settings: settings);
        _hosts.Add(host);
        return host;
    }

    private async Task<LinkHost> FrontAsync(LinkHost back, Dictionary<string, string?> settings)
    {
        LinkHost host = await LinkHost.StartAsync("front", engine => engine.Place(Echo, "back"), 1, "back", [back.Address], settings: settings);
        _hosts.Add(host);
        return host;
    }
}
