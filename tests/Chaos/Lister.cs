using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Chaos;

/// <summary>Lists all jobs now and then, by the library and by the command line: whoever was told before that his job is submitted finds it.</summary>
/// <param name="cluster">The cluster.</param>
/// <param name="client">Its client.</param>
/// <param name="desk">Who submits.</param>
/// <param name="told">What users hear.</param>
/// <param name="folder">The folder of the user who types.</param>
internal sealed class Lister(ChaosCluster cluster, ClusterClient client, Desk desk, Told told, string folder)
{
    private const int ByCommand = 3; // every third time
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(15);

    /// <summary>Lists until it is stopped.</summary>
    /// <param name="stop">Stops before the next time.</param>
    /// <param name="cancellationToken">Stops at once.</param>
    public async Task RunAsync(CancellationToken stop, CancellationToken cancellationToken)
    {
        try
        {
            for (var i = 0; ; i++)
            {
                await Task.Delay(s_pause, stop);
                await LookAsync(i % ByCommand == 0, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Told to stop.
        }
    }

    /// <summary>Lists once.</summary>
    /// <param name="byCommand">By the command line.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The jobs; null: it got no answer.</returns>
    public async Task<IReadOnlyDictionary<string, JobState>?> LookAsync(bool byCommand, CancellationToken cancellationToken)
    {
        var before = desk.Jobs;
        var listed = byCommand ? await AskCommandAsync(cancellationToken) : await AskLibraryAsync(cancellationToken);
        if (listed is not null)
        {
            told.Count(byCommand ? "listed by jobs list" : "listed by the library");
            foreach (var job in before.Where(job => !listed.ContainsKey(job.Handle.Id)))
            {
                told.Violate($"{job.Handle.Id}: was acknowledged at {job.Acknowledged:HH:mm:ss}, and a list begun later does not have it");
            }
        }

        return listed;
    }

    private async Task<IReadOnlyDictionary<string, JobState>?> AskLibraryAsync(CancellationToken cancellationToken)
    {
        try
        {
            var listed = new Dictionary<string, JobState>(StringComparer.Ordinal);
            await foreach (var job in client.ListAsync(new JobQuery { PageSize = 7 }, cancellationToken))
            {
                if (!listed.TryAdd(job.Id, job.State))
                {
                    told.Violate($"{job.Id}: is listed twice");
                }
            }

            return listed;
        }
        catch (Exception e) when (Calls.MayPass(e, cancellationToken))
        {
            return null;
        }
    }

    private async Task<IReadOnlyDictionary<string, JobState>?> AskCommandAsync(CancellationToken cancellationToken)
    {
        using var run = CommandLine.Start(cluster, folder, "jobs list", "--limit", "500");
        return await told.EndAsync(run, null, cancellationToken) && run.ExitCode == 0
            ? CommandLine.TryParse(run.Lines[^1])!["jobs"]!
                .AsArray()
                .ToDictionary(job => (string)job!["id"]!, job => Enum.Parse<JobState>((string)job!["state"]!, ignoreCase: true), StringComparer.Ordinal)
            : null;
    }
}
