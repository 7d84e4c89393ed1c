namespace Sluice.Frames.Tests;

public class SpinPolicyTests
{
    private const int Max = 50_000;
    private const long Short = 60_000;
    private const long Long = 5_000_000;

    [Fact]
    public void An_engine_with_long_pauses_never_looks()
    {
        var policy = new SpinPolicy(Max);
        for (int i = 0; i < 1000; i++)
        {
            policy.OnSlept(Long);
            Assert.Equal(0, policy.SpinNs);
        }
    }

    [Fact]
    public void Sleeps_that_turn_out_short_make_it_look_and_work_that_comes_keeps_it_looking()
    {
        var policy = new SpinPolicy(Max);
        SwitchOn(policy);

        for (int i = 0; i < 1000; i++)
        {
            policy.OnFound();
            Assert.Equal(Max, policy.SpinNs);
        }
    }

    [Fact]
    public void One_long_sleep_ends_the_looking()
    {
        var policy = new SpinPolicy(Max);
        SwitchOn(policy);
        policy.OnSlept(Long);
        Assert.Equal(0, policy.SpinNs);
    }

    [Fact]
    public void Work_that_always_comes_just_after_the_look_ends_it_for_longer_each_time()
    {
        var policy = new SpinPolicy(Max);
        int vain = 0;
        const int Sleeps = 10_000;
        for (int i = 0; i < Sleeps; i++)
        {
            vain += policy.SpinNs > 0 ? 1 : 0;
            policy.OnSlept(Short);
        }

        Assert.InRange(vain, 4, Sleeps / 100);
    }

    [Fact]
    public void A_crowded_processor_ends_the_looking_at_once()
    {
        var policy = new SpinPolicy(Max);
        SwitchOn(policy);
        policy.OnCrowded();
        Assert.Equal(0, policy.SpinNs);
    }

    [Fact]
    public void Nothing_switches_on_what_the_setting_has_switched_off()
    {
        var policy = new SpinPolicy(0);
        for (int i = 0; i < 1000; i++)
        {
            policy.OnSlept(Short);
            Assert.Equal(0, policy.SpinNs);
        }
    }

    [Theory]
    [InlineData(null, EngineThread.SpinUsUsual)]
    [InlineData("", EngineThread.SpinUsUsual)]
    [InlineData("0", 0)]
    [InlineData("1000", 1000)]
    public void The_setting_is_a_number_of_microseconds(string? text, int us) => Assert.Equal(us, SpinPolicy.ReadUs(text));

    [Theory]
    [InlineData("-1")]
    [InlineData("1001")]
    [InlineData("fast")]
    public void Another_setting_is_refused_with_its_range(string text) =>
        Assert.Contains("from 0 to 1000", Assert.Throws<ArgumentException>(() => SpinPolicy.ReadUs(text)).Message, StringComparison.Ordinal);

    private static void SwitchOn(SpinPolicy policy)
    {
        for (int i = 0; i < 100 && policy.SpinNs == 0; i++)
        {
            policy.OnSlept(Short);
        }

        Assert.Equal(Max, policy.SpinNs);
    }
}
