using Microsoft.Extensions.Logging;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>
/// What finds a lost silo when nobody told of it (the silo that watched was the one that died, or could not reach the scheduler), and jobs that nobody works
/// for: their slots were freed, and the scheduler died before they knew. A reminder, because it is durable and wakes the scheduler itself, wherever it may live
/// by then.
/// </summary>
internal sealed partial class SchedulerGrain : IRemindable
{
    private const string Backstop = "backstop";

    private bool _reminded;
    private Task _search = Task.CompletedTask;

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        var silos = _model.LeasedSilos;
        if (silos.Count > 0)
        {
            await membership.Refresh();
            foreach (var silo in silos.Where(IsGone))
            {
                LogFound(silo);
                await SiloLost(silo);
            }
        }

        // Beside this call: it asks the scheduler itself, and every job that runs.
        if (options.Value.ResumeOnStart && _search.IsCompleted)
        {
            _search = SearchAsync();
        }
    }

    private async Task SearchAsync()
    {
        try
        {
            await recovery.ResumeAsync(Backstop, CancellationToken.None);
        }
        catch (Exception e)
        {
            // The reminder comes again.
            LogNotSearched(e);
        }
    }

    private bool IsGone(string silo) => membership.CurrentSnapshot.GetSiloStatus(SiloAddress.FromParsableString(silo)) is SiloStatus.Dead or SiloStatus.None;

    /// <summary>Registers the reminder once. Its store may be away when the scheduler comes up, and the queue must go on all the same.</summary>
    private async Task RemindAsync()
    {
        if (_reminded)
        {
            return;
        }
        _reminded = true;
        try
        {
            await this.RegisterOrUpdateReminder(Backstop, options.Value.BackstopPeriod, options.Value.BackstopPeriod);
        }
        catch (Exception e)
        {
            // Tried again by the timer.
            _reminded = false;
            LogNotReminded(e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Silo} is gone and nobody said so: its leases return")]
    private partial void LogFound(string silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Jobs that nobody works for could not be looked for; it is tried again")]
    private partial void LogNotSearched(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The reminder that finds lost silos could not be registered; it is tried again")]
    private partial void LogNotReminded(Exception error);
}
