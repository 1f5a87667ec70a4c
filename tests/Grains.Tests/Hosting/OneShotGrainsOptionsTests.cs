using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.Tests.Hosting;

public sealed class OneShotGrainsOptionsTests
{
    [Fact]
    public void Defaults_AreTheDocumentedOnesAndValid()
    {
        var options = new OneShotGrainsOptions();
        Assert.Empty(options.Slots);
        Assert.False(options.ResumeOnStart);
        Assert.False(options.RequeueOnStop);
        Assert.Equal(TimeSpan.FromSeconds(10), options.HeartbeatPeriod);
        Assert.Equal(TimeSpan.FromSeconds(60), options.LeaseDuration);
        Assert.Equal((TimeSpan.FromMinutes(2), null), (options.LongestDrain, options.ExitWhenIdle));
        Assert.Equal(TimeSpan.FromSeconds(5), options.SchedulerPeriod);
        Assert.Equal(TimeSpan.FromSeconds(5), options.StateTrust);
        Assert.Equal(3, options.MaxDeaths);
        Assert.Equal(TimeSpan.FromDays(30), options.ModelGrace);
        Assert.Empty(options.WebhookAllow);
        Assert.Equal((64L << 30, 32), (options.MaxUploadedBytesPerOwner, options.MaxUploadsPerOwner));
        Assert.Equal((1, 3, 0, 20), (options.MaxFaultySilos, options.MaxMachineFaults, options.MinFreeBytes, options.MaxUnansweredStarts));
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)), (options.QuarantinePause, options.LongestQuarantinePause));
        Assert.Equal(TimeSpan.FromMinutes(5), options.FanOutIdleTimeout);
        Assert.Equal(TimeSpan.FromSeconds(2), options.FanOutMinDeadline);
        Assert.Equal(TimeSpan.FromSeconds(60), options.FanOutFirstDeadline);
        Assert.Equal(TimeSpan.FromSeconds(15), options.FanOutRetryPeriod);
        Assert.Same(TimeProvider.System, options.Clock);
        Assert.True(new OneShotGrainsOptionsValidator().Validate(null, options).Succeeded);
    }

    [Fact]
    public void Validate_EverythingWrong_NamesEachOptionAndTheFix()
    {
        var slot = new SlotAnnouncement(0, "cpu", 1);
        var options = new OneShotGrainsOptions
        {
            Slots = [slot, slot],
            WorkFolder = " ",
            HeartbeatPeriod = TimeSpan.Zero,
            LeaseDuration = TimeSpan.FromSeconds(-1),
            LongestDrain = TimeSpan.Zero,
            ExitWhenIdle = TimeSpan.FromMilliseconds(1),
            SchedulerPeriod = TimeSpan.Zero,
            MaxDeaths = 0,
            MaxUploadedBytesPerOwner = 0,
            MaxUploadsPerOwner = 0,
            WebhookAllow = ["10.0.0.0/8", "http://hooks.internal"],
            ModelGrace = TimeSpan.FromDays(-1),
            MaxFaultySilos = 0,
            MaxMachineFaults = 0,
            MinFreeBytes = -1,
            QuarantinePause = TimeSpan.Zero,
            LongestQuarantinePause = TimeSpan.FromSeconds(-1),
            StateTrust = TimeSpan.Zero,
            MaxUnansweredStarts = 0,
            FanOutIdleTimeout = TimeSpan.Zero,
            FanOutMinDeadline = TimeSpan.Zero,
            FanOutFirstDeadline = TimeSpan.FromSeconds(-1),
            FanOutRetryPeriod = TimeSpan.Zero,
            Clock = null!,
        };
        Assert.Equal(
            [
                "OneShotGrainsOptions.Slots holds a number twice; number the slots from 0.",
                "OneShotGrainsOptions.WorkFolder is empty; name a folder on a local disk.",
                "OneShotGrainsOptions.HeartbeatPeriod is 00:00:00; it must be above 0.",
                "OneShotGrainsOptions.LeaseDuration is -00:00:01; it must be at least twice the heartbeat of 00:00:00.",
                "OneShotGrainsOptions.LongestDrain is 00:00:00; it must be above 0.",
                "OneShotGrainsOptions.ExitWhenIdle is 00:00:00.0010000; it must be at least 1 s, or null.",
                "OneShotGrainsOptions.SchedulerPeriod is 00:00:00; it must be above 0.",
                "OneShotGrainsOptions.MaxDeaths is 0; it must be 1 or more.",
                "OneShotGrainsOptions.MaxFaultySilos is 0; it must be 1 or more.",
                "OneShotGrainsOptions.MaxMachineFaults is 0; it must be 1 or more.",
                "OneShotGrainsOptions.MinFreeBytes is -1; it must be 0 or more.",
                "OneShotGrainsOptions.QuarantinePause is 00:00:00; it must be above 0.",
                "OneShotGrainsOptions.LongestQuarantinePause is -00:00:01; it must be at least QuarantinePause, 00:00:00.",
                "OneShotGrainsOptions.StateTrust is 00:00:00; it must be above 0.",
                "OneShotGrainsOptions.MaxUnansweredStarts is 0; it must be 1 or more.",
                "OneShotGrainsOptions.MaxUploadedBytesPerOwner is 0; it must be 1 or more.",
                "OneShotGrainsOptions.MaxUploadsPerOwner is 0; it must be 1 or more.",
                "OneShotGrainsOptions.WebhookAllow holds 'http://hooks.internal'; it must be an address such as 10.0.0.5, a network such as 10.0.0.0/8, or the "
                    + "name of a host.",
                "OneShotGrainsOptions.ModelGrace is -1.00:00:00; it must be 0 or more.",
                "OneShotGrainsOptions.FanOutIdleTimeout is 00:00:00; it must be above 0.",
                "OneShotGrainsOptions.FanOutMinDeadline is 00:00:00; it must be above 0.",
                "OneShotGrainsOptions.FanOutFirstDeadline is -00:00:01; it must be at least FanOutMinDeadline, 00:00:00.",
                "OneShotGrainsOptions.FanOutRetryPeriod is 00:00:00; it must be above 0.",
                "OneShotGrainsOptions.Clock is null; use TimeProvider.System.",
            ],
            new OneShotGrainsOptionsValidator().Validate(null, options).Failures!
        );
    }
}
