using OrleansOneShot.Cli.App;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>What people want to know while a job begins: where it runs, how long it takes, where its result goes, and how to stop.</summary>
internal static class JobStart
{
    /// <summary>Tells.</summary>
    /// <param name="context">The command.</param>
    /// <param name="session">Where the job is.</param>
    /// <param name="id">The job.</param>
    /// <param name="folder">Folder for the result; null leaves it where the job is.</param>
    /// <returns>When told.</returns>
    public static async Task TellAsync(CommandContext context, LastingSession session, string id, string? folder)
    {
        var target = session.Current.Target;
        context.Say(target.Server is { } server ? $"Runs on a slot of {server}." : Place(await FindSlotsAsync(session, context.Interrupt)));
        context.Say(Time(await FindFinishAsync(session, id, context.Interrupt), DateTimeOffset.UtcNow));
        context.Say(
            folder is not null ? $"The result goes to {folder}."
            : target.Server is not null ? "The result stays on the server."
            : $"The result stays in the data folder {target.Data}."
        );
        context.Say(
            target.Elsewhere is not null || session.Current.Owner is not null
                ? $"Ctrl-C ends this command and not the job; go on with: oneshot jobs watch {id}{target.AsOption()}"
                : $"Ctrl-C stops the job at a checkpoint; go on with: oneshot jobs watch {id}{target.AsOption()}"
        );
    }

    /// <summary>Where a job of some slots runs.</summary>
    /// <param name="slots">The slots.</param>
    /// <returns>A sentence: devices, and the memory that a job may use.</returns>
    internal static string Place(IReadOnlyList<SlotAnnouncement> slots)
    {
        const double GiB = 1 << 30;
        if (slots.Count == 0)
        {
            return "Device and memory: not known yet.";
        }

        var devices = slots.Select(slot => slot.Device).Distinct().Order(StringComparer.Ordinal).ToList();
        var (least, most) = (slots.Min(slot => slot.MemoryBytes) / GiB, slots.Max(slot => slot.MemoryBytes) / GiB);
        var memory = least < most ? FormattableString.Invariant($"{least:0.0} to {most:0.0} GiB") : FormattableString.Invariant($"{most:0.0} GiB");
        return slots.Count == 1
            ? $"Runs on {devices[0]}, with at most {memory} of memory."
            : $"Runs on one of {slots.Count} slots ({string.Join(", ", devices)}), with at most {memory} of memory.";
    }

    /// <summary>How long a job takes.</summary>
    /// <param name="finish">When it will end; null: not known.</param>
    /// <param name="now">The present.</param>
    /// <returns>A sentence.</returns>
    internal static string Time(DateTimeOffset? finish, DateTimeOffset now) =>
        finish is { } end && end > now
            ? FormattableString.Invariant($"Expected time: about {Math.Ceiling((end - now).TotalMinutes):0} min, by what its like took.")
            : "Expected time: unknown until the first steps; then what is left is shown.";

    private static async Task<DateTimeOffset?> FindFinishAsync(LastingSession session, string id, CancellationToken cancellationToken)
    {
        try
        {
            var status = await session.Current.GetJob(id).GetStatusAsync(cancellationToken).WaitAsync(session.Current.Gone);
            return (status as ImplantationStatus)?.EstimatedFinish;
        }
        catch (Exception e)
            when (!cancellationToken.IsCancellationRequested && (e is OneShotException or OperationCanceledException || ClusterClient.IsUnanswered(e)))
        {
            // The job is submitted; following it will tell what is wrong.
            return null;
        }
    }

    private static async Task<IReadOnlyList<SlotAnnouncement>> FindSlotsAsync(LastingSession session, CancellationToken cancellationToken)
    {
        try
        {
            var snapshot = await session.Own.Client.GetSchedulerAsync(cancellationToken).WaitAsync(session.Current.Gone).WaitAsync(cancellationToken);
            return [.. snapshot.Slots.Where(silo => !snapshot.Withheld.ContainsKey(silo.Key)).SelectMany(silo => silo.Value)];
        }
        catch (Exception e)
            when (!cancellationToken.IsCancellationRequested && (e is OneShotException or OperationCanceledException || ClusterClient.IsUnanswered(e)))
        {
            // The job is submitted; following it will tell what is wrong.
            return [];
        }
    }
}
