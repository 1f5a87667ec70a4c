using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>Puts a checked job's files where they are needed, and submits it.</summary>
internal static class JobSubmission
{
    /// <summary>Submits a job.</summary>
    /// <param name="context">The command.</param>
    /// <param name="session">Where the job goes; stays open.</param>
    /// <param name="plan">The job.</param>
    /// <returns>Its id.</returns>
    /// <exception cref="OneShotException">The server refuses it, or can't be reached.</exception>
    /// <exception cref="IOException">A file can't be read, or the store not be written.</exception>
    public static async Task<string> RunAsync(CommandContext context, LastingSession session, ImplantPlan plan)
    {
        if (session.Current is ServerSession server)
        {
            return (await server.Client.ImplantAsync(plan.ToImplantation(), cancellationToken: context.Interrupt)).Id;
        }

        var id = JobId.New(DateTimeOffset.UtcNow);
        var own = session.Own;
        var request = await plan.UploadAsync(own.Store, context.Interrupt) with { Model = await ClusterModels.NameAsync(context, own, plan.RequireModel()) };

        // Under one id: an owner that went before it answered may have taken the job all the same.
        await session.AskOwnAsync(
            (asked, token) => asked.Client.SubmitAsync(request, new SubmitOptions { Id = id }, token).WaitAsync(token),
            context.Interrupt
        );
        return id;
    }
}
