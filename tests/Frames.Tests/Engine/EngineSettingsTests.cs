using Sluice.Frames;
using Sluice.Frames.Memory;

namespace Sluice.Frames.Tests.Engine;

/// <summary>How many engines, on which CPUs.</summary>
public sealed class EngineSettingsTests
{
    [Fact]
    public void Without_a_setting_there_is_an_engine_for_each_core_the_process_may_use_and_none_is_pinned()
    {
        EngineSettings settings = Read();
        Assert.Equal(Math.Clamp(Environment.ProcessorCount, 1, 64), settings.Count);
        Assert.Empty(settings.Cpus);
        Assert.Equal(200, settings.StallMs);
        Assert.Equal(1, EngineSettings.Read(_ => null, "CACHE", countMax: 1).Count);
    }

    [Fact]
    public void A_setting_wins()
    {
        EngineSettings settings = Read(("SLUICE_EDGE_ENGINES", "7"), ("SLUICE_ENGINE_STALL_MS", "0"));
        Assert.Equal((7, 0), (settings.Count, settings.StallMs));
    }

    [Theory]
    [InlineData("SLUICE_EDGE_ENGINES", "0")]
    [InlineData("SLUICE_EDGE_ENGINES", "65")]
    [InlineData("SLUICE_EDGE_ENGINES", "all")]
    [InlineData("SLUICE_ENGINE_STALL_MS", "-1")]
    [InlineData("SLUICE_ENGINE_STALL_MS", "3600001")]
    [InlineData("SLUICE_EDGE_CPUS", "0,")]
    [InlineData("SLUICE_EDGE_CPUS", "3-1")]
    [InlineData("SLUICE_EDGE_CPUS", "1-2-3")]
    [InlineData("SLUICE_EDGE_CPUS", "first")]
    [InlineData("SLUICE_EDGE_CPUS", "1023")]
    [InlineData("SLUICE_EDGE_CPUS", "99999999")]
    public void What_makes_no_sense_is_refused_by_name(string name, string value)
    {
        string message = Assert.Throws<FormatException>(() => Read((name, value))).Message;
        Assert.Contains(name, message, StringComparison.Ordinal);
        Assert.Contains(value, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cpus_are_listed_as_taskset_lists_them_and_say_how_many_engines_there_are()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "pinning is Linux's");
        int cpu = CpuAffinity.Allowed()[0];
        EngineSettings settings = Read(("SLUICE_EDGE_CPUS", $" {cpu}-{cpu} , {cpu}"));
        Assert.Equal([cpu], settings.Cpus);
        Assert.Equal(1, settings.Count);
        Assert.Equal(3, Read(("SLUICE_EDGE_CPUS", $"{cpu}"), ("SLUICE_EDGE_ENGINES", "3")).Count);
    }

    [Fact]
    public async Task Pinned_engines_run_on_their_cpus_and_threads_they_make_do_not_inherit_that()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "pinning is Linux's");
        IReadOnlyList<int> allowed = CpuAffinity.Allowed();
        int[] cpus = [allowed[^1], allowed[0]];
        await using EngineGroup group = EngineGroup.Start(new EngineGroupOptions { Room = "test", EngineCount = 3, Cpus = cpus }, _ => { });
        for (int i = 0; i < 3; i++)
        {
            var own = new TaskCompletionSource<IReadOnlyList<int>>();
            var made = new TaskCompletionSource<IReadOnlyList<int>>();
            group.Engines[i].Post(() =>
            {
                new Thread(() => made.SetResult(CpuAffinity.Allowed())).Start();
                own.SetResult(CpuAffinity.Allowed());
            });
            Assert.Equal([cpus[i % 2]], await own.Task.WaitAsync(TimeSpan.FromSeconds(10)));
            Assert.Equal(allowed, await made.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        }
    }

    [Fact]
    public void A_process_that_may_use_one_cpu_only_has_one_engine()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the limit is set with taskset's call");
        IReadOnlyList<int> allowed = CpuAffinity.Allowed();
        string? answer = null;
        var thread = new Thread(() =>
        {
            CpuAffinity.TryPin(allowed[^1]); // What is started from here inherits it.
            answer = ChildProcess.Answer("engines");
        });
        thread.Start();
        thread.Join();
        Assert.Equal("1", answer);
    }

    private static EngineSettings Read(params (string Name, string Value)[] variables) =>
        EngineSettings.Read(name => Array.Find(variables, variable => variable.Name == name).Value, "EDGE");
}
