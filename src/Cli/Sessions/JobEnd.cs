using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Client.Watching;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>How a followed job ends the command: with its result, its error, or a word on how to go on.</summary>
internal static class JobEnd
{
    /// <summary>Follows a job to its end, fetches its result, and writes its document.</summary>
    /// <param name="context">The command.</param>
    /// <param name="session">A session; closed at the end.</param>
    /// <param name="id">The job.</param>
    /// <param name="folder">Folder for the result; null leaves it in the data folder.</param>
    /// <param name="watch">Whether the document is a stream of events instead.</param>
    /// <param name="write">Writes the document of a job whose result was fetched; null: as jobs show does.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    /// <exception cref="OneShotException">The job failed or was cancelled.</exception>
    public static async Task<int> FollowAsync(
        CommandContext context,
        LastingSession session,
        string id,
        string? folder,
        bool watch = false,
        Action<IJobStatus>? write = null
    )
    {
        IJobStatus status;
        IJobSession last;
        using var display = ProgressDisplay.Create(context.Streams, session.Current.Target is { Server: null, Data: var data } ? data.Root : null);
        await using var follower = new JobFollower(
            context,
            session,
            display,
            watch && context.Json ? progress => context.Write(EventDocument.Of(progress)) : null
        );
        try
        {
            status = await follower.FollowAsync(id);
            last = follower.Session;
        }
        catch (OperationCanceledException) when (context.Interrupt.IsCancellationRequested)
        {
            display.Dispose();
            throw await InterruptAsync(follower, id);
        }

        display.Dispose();
        JobOutcome.RequireSuccess(status);
        if (folder is not null)
        {
            try
            {
                await last.ResultsOf(status.Kind()).RunAsync(id, folder, status.Manifest, cancellationToken: context.Interrupt);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                throw new OneShotException(
                    new ErrorDetail(
                        ErrorCodes.Failed,
                        $"The result could not be written to {folder}: {e.Message}",
                        "out",
                        $"The job is done; fetch its result with: oneshot jobs download {id} --out DIR{last.Target.AsOption()}"
                    ),
                    e
                );
            }
        }

        if (folder is null && last.Target.Server is not null)
        {
            context.Say($"The result lies on the server; fetch it with: {Commands(id, last.Target).Download}");
        }

        if (write is not null)
        {
            write(status);
        }
        else if (!watch || !context.Json)
        {
            JobText.WriteResult(context, status, folder ?? last.PublishedFolder(status));
        }

        foreach (var line in folder is not null && status is ImplantationStatus trained ? NextSteps.Of(trained, folder) : [])
        {
            context.Say(line);
        }

        return ExitCode.Done;
    }

    /// <summary>The commands that go on with a job which runs elsewhere.</summary>
    /// <param name="id">The job.</param>
    /// <param name="target">Where it is.</param>
    /// <returns>A line for people.</returns>
    public static string HowToGoOn(string id, SessionTarget target)
    {
        var (watch, cancel, download) = Commands(id, target);
        return $"Watch it with: {watch} (or end it: {cancel}; at the end, fetch its result: {download})";
    }

    private static (string Watch, string Cancel, string Download) Commands(string id, SessionTarget target)
    {
        var place = target.AsOption();
        return ($"oneshot jobs watch {id}{place}", $"oneshot jobs cancel {id}{place}", $"oneshot jobs download {id} --out DIR{place}");
    }

    private static async Task<InterruptedException> InterruptAsync(JobFollower follower, string id)
    {
        var target = follower.Session.Target;
        var watch = Commands(id, target).Watch;
        if (target.Elsewhere is { } place)
        {
            return new InterruptedException($"Interrupted; job {id} goes on {place}.", HowToGoOn(id, target));
        }

        if (follower.Session.Owner is { } owner)
        {
            return new InterruptedException($"Interrupted; job {id} goes on in process {owner.ProcessId}.", $"Watch it with: {watch}");
        }

        // Closing the silo stops the engine at its next step and waits for its checkpoint.
        await follower.DisposeAsync();
        return new InterruptedException($"Interrupted; job {id} stopped at a checkpoint.", $"Go on with: {watch}");
    }
}
