namespace Sluice.AppHost.Tests;

/// <summary>The run directory.</summary>
public sealed class SuitePlacesTests
{
    [Fact]
    public void A_run_directory_is_private_short_and_gone_afterwards()
    {
        string path;
        using (SuitePlaces places = SuitePlaces.OnThisMachine(new SuiteOptions()))
        {
            path = places.RunDirectory;
            Assert.True(Directory.Exists(path));
            Assert.InRange(path.Length, 1, 66);
            if (!OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(path));
            }

            File.WriteAllText(Path.Combine(path, "left-over"), "");
        }

        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public void A_directory_that_a_killed_run_left_is_removed_by_the_next()
    {
        string abandoned = Path.Combine(Path.GetTempPath(), "sluice-" + Path.GetRandomFileName());
        Directory.CreateDirectory(abandoned);
        File.WriteAllText(Path.Combine(abandoned, "lock"), "");
        using SuitePlaces places = SuitePlaces.OnThisMachine(new SuiteOptions());
        Assert.False(Directory.Exists(abandoned));
    }

    [Fact]
    public void A_directory_in_use_is_left_alone()
    {
        using SuitePlaces first = SuitePlaces.OnThisMachine(new SuiteOptions());
        using SuitePlaces second = SuitePlaces.OnThisMachine(new SuiteOptions());
        Assert.NotEqual(first.RunDirectory, second.RunDirectory);
        Assert.True(Directory.Exists(first.RunDirectory));
    }
}
