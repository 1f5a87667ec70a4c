using OrleansOneShot.Compute.Threads;

namespace OrleansOneShot.Compute.Tests.Threads;

public sealed class ThreadSettingsTests
{
    private static readonly Processors s_four = new([0, 1, 2, 3], null);

    [Fact]
    public void Additions_NothingSaid_LetsIdleThreadsSleep()
    {
        var settings = Read(s_four);
        Assert.Null(settings.Fixed);
        Assert.Equal("PASSIVE", settings.Additions()["OMP_WAIT_POLICY"]);
        Assert.Equal("0", settings.Additions()["KMP_BLOCKTIME"]);
        Assert.DoesNotContain("OMP_NUM_THREADS", settings.Additions().Keys);
    }

    [Theory]
    [InlineData("OMP_WAIT_POLICY", "ACTIVE")]
    [InlineData("GOMP_SPINCOUNT", "1000")]
    [InlineData("KMP_BLOCKTIME", "200")]
    public void Additions_UserHasSaidHowThreadsWait_LeaveThatAlone(string name, string value)
    {
        var settings = Read(s_four, (name, value));
        Assert.Equal(name, settings.WaitingBy);
        Assert.Empty(settings.Additions());
    }

    [Fact]
    public void Additions_Quota_IsToldToOpenMp() => Assert.Equal("1", Read(s_four with { Quota = 0.5 }).Additions()["OMP_NUM_THREADS"]);

    [Theory]
    [InlineData("3")]
    [InlineData("3,2")]
    public void Read_OpenMpsOwnVariable_IsRespected(string text)
    {
        var settings = Read(s_four with { Quota = 0.5 }, ("OMP_NUM_THREADS", text));
        Assert.Equal(3, settings.Fixed);
        Assert.Equal("OMP_NUM_THREADS", settings.FixedBy);
        Assert.DoesNotContain("OMP_NUM_THREADS", settings.Additions().Keys);
    }

    [Fact]
    public void Read_TheProgramsVariable_ComesBeforeOpenMps()
    {
        var settings = Read(s_four, ("OMP_NUM_THREADS", "3"), (ThreadSettings.Variable, " 2 "));
        Assert.Equal(2, settings.Fixed);
        Assert.Equal("2", settings.Additions()["OMP_NUM_THREADS"]);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1025")]
    [InlineData("two")]
    [InlineData("1.5")]
    public void Read_NoNumberOfThreads_SaysSo(string text)
    {
        var settings = Read(s_four, (ThreadSettings.Variable, text));
        Assert.Null(settings.Fixed);
        Assert.Equal($"ONESHOT_THREADS is \"{text}\", which is no number of threads.", settings.Problem);
    }

    [Fact]
    public void Describe_Choice_SaysWhy() =>
        Assert.Equal(
            "up to 4 an operation (4 processors; slots of a silo divide them, and a small model takes 1); idle threads sleep; ONESHOT_THREADS=N takes N",
            TorchThreads.Describe(Read(s_four), 4)
        );

    [Fact]
    public void Describe_HalfAProcessor_SaysTheQuota() =>
        Assert.Equal(
            "up to 1 an operation (4 processors, a quota of 0.5); idle threads sleep; ONESHOT_THREADS=N takes N",
            TorchThreads.Describe(Read(s_four with { Quota = 0.5 }), 1)
        );

    [Fact]
    public void Describe_NumberThatWasGiven_SaysByWhat() =>
        Assert.Equal(
            "3 an operation, as OMP_NUM_THREADS says (4 processors); idle threads wait as OMP_WAIT_POLICY says",
            TorchThreads.Describe(Read(s_four, ("OMP_NUM_THREADS", "3"), ("OMP_WAIT_POLICY", "passive")), 3)
        );

    private static ThreadSettings Read(Processors processors, params (string Name, string Value)[] variables) =>
        ThreadSettings.Read(name => variables.Where(v => v.Name == name).Select(v => v.Value).FirstOrDefault(), processors);
}
