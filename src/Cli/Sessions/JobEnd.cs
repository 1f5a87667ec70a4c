using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Client.Results;
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
    /// <returns>An <see cref="ExitCode"/>.</returns>
    /// <exception cref="OneShotException">The job failed or was cancelled.</exception>
    public static async Task<int> FollowAsync(CommandContext context, LastingSession session, string id, string? folder, bool watch = false)
    {
        ImplantationStatus status;
        JobSession last;
        using var display = ProgressDisplay.Create(context.Streams, session.Current.Data.Root);
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
        ThrowUnlessSucceeded(status);
        if (folder is not null)
        {
            try
            {
                await new ResultDownload(last.Store).RunAsync(id, folder, status.Manifest, cancellationToken: context.Interrupt);
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                throw new OneShotException(
                    new ErrorDetail(
                        ErrorCodes.Failed,
                        $"The result could not be written to {folder}: {e.Message}",
                        "out",
                        $"The job is done; fetch its result with: oneshot jobs download {id} --out DIR"
                    ),
                    e
                );
            }
        }

        if (!watch || !context.Json)
        {
            JobText.WriteResult(context, status, folder ?? last.PublishedFolder(status));
        }

        return ExitCode.Done;
    }

    /// <summary>Turns a failed or cancelled job into an error.</summary>
    /// <param name="status">A job that has ended.</param>
    /// <exception cref="OneShotException">It did not succeed.</exception>
    public static void ThrowUnlessSucceeded(ImplantationStatus status)
    {
        switch (status.State)
        {
            case JobState.Failed:
                throw new OneShotException(status.Error ?? new ErrorDetail(ErrorCodes.Failed, $"Job {status.Id} failed."));
            case JobState.Cancelled:
                throw new OneShotException(new ErrorDetail(ErrorCodes.Cancelled, $"Job {status.Id} was cancelled."));
        }
    }

    private static async Task<InterruptedException> InterruptAsync(JobFollower follower, string id)
    {
        var watch = $"oneshot jobs watch {id}{follower.Session.Target.AsOption()}";
        if (follower.Session.Target.Redis is not null)
        {
            return new InterruptedException($"Interrupted; job {id} goes on in the cluster.", $"Watch it with: {watch}");
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
