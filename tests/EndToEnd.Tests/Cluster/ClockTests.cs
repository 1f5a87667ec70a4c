using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Cluster;

/// <summary>Machines whose clocks are wrong.</summary>
public sealed class ClockTests : IDisposable
{
    private const int Unreachable = 4;

    private readonly TestFolder _folder = new();

    [Theory]
    [InlineData(
        "+3600",
        @"^The clock of this machine \(.* UTC\) is 3[56]\d\d s ahead of that of Redis at 127\.0\.0\.1:\d+ \(.* UTC\); at most 10 s are allowed\.\n"
    )]
    [InlineData("-60", @"^The clock of this machine \(.* UTC\) is [56]\d s behind that of Redis at 127\.0\.0\.1:\d+ \(.* UTC\); at most 10 s are allowed\.\n")]
    public async Task Serve_ClockFarFromThatOfRedis_IsRefused(string seconds, string sentence)
    {
        await using var redis = await RedisServer.StartAsync();

        var ended = (await OneShotProcess.RunAsync(FakeClock.Fixed(seconds), "serve", "--cluster", redis.Address, "--data", _folder.Data)).Expect(Unreachable);

        Assert.Matches(sentence, ended.Error);
        Assert.EndsWith(
            "Set the wrong one of the two, best by a time service on both machines: timedatectl set-ntp true.\n",
            ended.Error,
            StringComparison.Ordinal
        );
    }

    // Orleans would wait for the dead silo's hour, and give up after five minutes.
    [Fact]
    public Task SiloWhoseClockJumpedAnHourAhead_IsKilled_TheNextOneJoinsAndGoesOn() =>
        JumpAsync(
            "+3600",
            async (silo, job) =>
            {
                await job.TrainsAsync(9);
                silo.Kill();
            }
        );

    // Orleans' timers would sleep for that hour: a silo that died beside it would never be declared dead, and no other could join.
    [Fact]
    public Task SiloWhoseClockIsSetBack_EndsWithASentence_TheNextOneGoesOnWithItsJob() =>
        JumpAsync(
            "-3600",
            async (silo, _) =>
            {
                var ended = (await silo.EndAsync()).Expect(Unreachable);
                Assert.Matches(
                    @"(?m)^The clock of this machine was set back by (3600|3599) s while the silo ran, so the silo ends; its jobs go on elsewhere, or here when it runs again\.$",
                    ended.Error
                );
            }
        );

    public void Dispose() => _folder.Dispose();

    // A silo trains, its clock jumps, the silo ends somehow; the next one has to join and bring its job to its end.
    private async Task JumpAsync(string seconds, Func<OneShotProcess, OneShotProcess, Task> endAsync)
    {
        await using var redis = await RedisServer.StartAsync();
        var clock = _folder["clock"];
        await File.WriteAllTextAsync(clock, "+0\n");
        string[] cluster = ["--cluster", redis.Address, "--data", _folder.Data];
        await using var silo = OneShotProcess.Start(FakeClock.In(clock), ["serve", .. cluster]);
        await silo.ReadyAsync();
        await using var job = OneShotProcess.Start([.. ImplantArguments.Create(_folder.Data)[..^2], .. cluster, "--out", _folder.Out]);
        await job.TrainsAsync(2);
        await File.WriteAllTextAsync(clock, $"{seconds}\n");
        await endAsync(silo, job);

        await using var next = OneShotProcess.Start(["serve", .. cluster]);
        await next.ReadyAsync().WaitAsync(TimeSpan.FromMinutes(4), TestContext.Current.CancellationToken);
        (await job.EndAsync()).Expect(0);
    }
}
