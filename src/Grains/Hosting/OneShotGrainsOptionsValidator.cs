using Microsoft.Extensions.Options;
using OrleansOneShot.Common;

namespace OrleansOneShot.Grains.Hosting;

/// <summary>Refuses options that can't work, by name and with the fix.</summary>
internal sealed class OneShotGrainsOptionsValidator : IValidateOptions<OneShotGrainsOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, OneShotGrainsOptions options)
    {
        var errors = new List<string>();
        if (options.Slots.IsDefault)
        {
            errors.Add("OneShotGrainsOptions.Slots is not set; use an empty list for a silo that does not train.");
        }
        else if (options.Slots.Select(slot => slot.Slot).Distinct().Count() != options.Slots.Length)
        {
            errors.Add("OneShotGrainsOptions.Slots holds a number twice; number the slots from 0.");
        }
        if (string.IsNullOrWhiteSpace(options.WorkFolder))
        {
            errors.Add("OneShotGrainsOptions.WorkFolder is empty; name a folder on a local disk.");
        }
        if (options.HeartbeatPeriod <= TimeSpan.Zero)
        {
            errors.Add($"OneShotGrainsOptions.HeartbeatPeriod is {options.HeartbeatPeriod}; it must be above 0.");
        }
        if (options.LeaseDuration < options.HeartbeatPeriod * 2)
        {
            errors.Add($"OneShotGrainsOptions.LeaseDuration is {options.LeaseDuration}; it must be at least twice the heartbeat of {options.HeartbeatPeriod}.");
        }
        if (options.LongestDrain <= TimeSpan.Zero)
        {
            errors.Add($"OneShotGrainsOptions.LongestDrain is {options.LongestDrain}; it must be above 0.");
        }
        if (options.ExitWhenIdle < TimeSpan.FromSeconds(1))
        {
            errors.Add($"OneShotGrainsOptions.ExitWhenIdle is {options.ExitWhenIdle}; it must be at least 1 s, or null.");
        }
        if (options.SchedulerPeriod <= TimeSpan.Zero)
        {
            errors.Add($"OneShotGrainsOptions.SchedulerPeriod is {options.SchedulerPeriod}; it must be above 0.");
        }
        if (options.MaxQueuedPerOwner < 1)
        {
            errors.Add($"OneShotGrainsOptions.MaxQueuedPerOwner is {options.MaxQueuedPerOwner}; it must be 1 or more.");
        }
        if (options.MaxQueued < 1)
        {
            errors.Add($"OneShotGrainsOptions.MaxQueued is {options.MaxQueued}; it must be 1 or more.");
        }
        if (options.MaxDeaths < 1)
        {
            errors.Add($"OneShotGrainsOptions.MaxDeaths is {options.MaxDeaths}; it must be 1 or more.");
        }
        if (options.MaxOutages < 1)
        {
            errors.Add($"OneShotGrainsOptions.MaxOutages is {options.MaxOutages}; it must be 1 or more.");
        }
        if (options.MaxFaultySilos < 1)
        {
            errors.Add($"OneShotGrainsOptions.MaxFaultySilos is {options.MaxFaultySilos}; it must be 1 or more.");
        }
        if (options.MaxMachineFaults < 1)
        {
            errors.Add($"OneShotGrainsOptions.MaxMachineFaults is {options.MaxMachineFaults}; it must be 1 or more.");
        }
        if (options.MinFreeBytes < 0)
        {
            errors.Add($"OneShotGrainsOptions.MinFreeBytes is {options.MinFreeBytes}; it must be 0 or more.");
        }
        if (options.QuarantinePause <= TimeSpan.Zero)
        {
            errors.Add($"OneShotGrainsOptions.QuarantinePause is {options.QuarantinePause}; it must be above 0.");
        }
        if (options.LongestQuarantinePause < options.QuarantinePause)
        {
            errors.Add(
                $"OneShotGrainsOptions.LongestQuarantinePause is {options.LongestQuarantinePause}; it must be at least QuarantinePause, "
                    + $"{options.QuarantinePause}."
            );
        }
        if (options.StateTrust <= TimeSpan.Zero)
        {
            errors.Add($"OneShotGrainsOptions.StateTrust is {options.StateTrust}; it must be above 0.");
        }
        if (options.MaxUnansweredStarts < 1)
        {
            errors.Add($"OneShotGrainsOptions.MaxUnansweredStarts is {options.MaxUnansweredStarts}; it must be 1 or more.");
        }
        if (options.BackstopPeriod <= TimeSpan.Zero)
        {
            errors.Add($"OneShotGrainsOptions.BackstopPeriod is {options.BackstopPeriod}; it must be above 0.");
        }
        if (options.StoreOutageLimit <= TimeSpan.Zero)
        {
            errors.Add($"OneShotGrainsOptions.StoreOutageLimit is {options.StoreOutageLimit}; it must be above 0.");
        }
        if (options.CollectionPeriod < TimeSpan.FromSeconds(1))
        {
            errors.Add($"OneShotGrainsOptions.CollectionPeriod is {options.CollectionPeriod}; it must be at least 1 s.");
        }
        if (options.CollectionGrace < TimeSpan.Zero)
        {
            errors.Add($"OneShotGrainsOptions.CollectionGrace is {options.CollectionGrace}; it must be 0 or more.");
        }
        if (options.MaxUploadedBytesPerOwner < 1)
        {
            errors.Add($"OneShotGrainsOptions.MaxUploadedBytesPerOwner is {options.MaxUploadedBytesPerOwner}; it must be 1 or more.");
        }
        if (options.MaxUploadsPerOwner < 1)
        {
            errors.Add($"OneShotGrainsOptions.MaxUploadsPerOwner is {options.MaxUploadsPerOwner}; it must be 1 or more.");
        }
        if (options.WebhookAllow.IsDefault)
        {
            errors.Add("OneShotGrainsOptions.WebhookAllow is not set; use an empty list to allow the Internet alone.");
        }
        else if (!ReachableHosts.TryParse(options.WebhookAllow, out _, out var unusable))
        {
            errors.Add($"OneShotGrainsOptions.WebhookAllow holds '{unusable}'; it must be {ReachableHosts.Form}.");
        }
        if (options.ModelGrace < TimeSpan.Zero)
        {
            errors.Add($"OneShotGrainsOptions.ModelGrace is {options.ModelGrace}; it must be 0 or more.");
        }
        if (options.FanOutIdleTimeout <= TimeSpan.Zero)
        {
            errors.Add($"OneShotGrainsOptions.FanOutIdleTimeout is {options.FanOutIdleTimeout}; it must be above 0.");
        }
        if (options.FanOutMinDeadline <= TimeSpan.Zero)
        {
            errors.Add($"OneShotGrainsOptions.FanOutMinDeadline is {options.FanOutMinDeadline}; it must be above 0.");
        }
        if (options.FanOutFirstDeadline < options.FanOutMinDeadline)
        {
            errors.Add(
                $"OneShotGrainsOptions.FanOutFirstDeadline is {options.FanOutFirstDeadline}; it must be at least FanOutMinDeadline, "
                    + $"{options.FanOutMinDeadline}."
            );
        }
        if (options.FanOutRetryPeriod <= TimeSpan.Zero)
        {
            errors.Add($"OneShotGrainsOptions.FanOutRetryPeriod is {options.FanOutRetryPeriod}; it must be above 0.");
        }
        if (options.Clock is null)
        {
            errors.Add("OneShotGrainsOptions.Clock is null; use TimeProvider.System.");
        }
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }
}
