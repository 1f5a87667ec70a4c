using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Chaos;

/// <summary>Hashes of the LoRA that undisturbed runs have made: what disturbed ones have to publish.</summary>
/// <param name="OfLibrary">By a request's seed.</param>
/// <param name="OfGenerations">Of the generations with them: hashes of their pictures.</param>
/// <param name="OfImplant">Of the command line's job of seed 0, whose model has another name.</param>
internal sealed record References(IReadOnlyDictionary<long, string> OfLibrary, IReadOnlyDictionary<long, string> OfGenerations, string OfImplant)
{
    /// <summary>As many undisturbed runs are made to compare with; jobs share their seeds.</summary>
    public const int Seeds = 3;

    /// <summary>Makes the runs, on a cluster of their own.</summary>
    /// <param name="root">An own folder.</param>
    /// <param name="jobs">The jobs.</param>
    /// <param name="means">What this machine can do.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<References> MakeAsync(string root, ChaosJobs jobs, ChaosMeans means, CancellationToken cancellationToken)
    {
        await using var calm = await ChaosCluster.StartAsync(root, 1, means, jobs.RegisterModel);
        await using var client = await calm.ConnectAsync(cancellationToken);
        var inputs = await ChaosJobs.UploadAsync(calm.Store, cancellationToken);
        var (hashes, pictures) = (new Dictionary<long, string>(), new Dictionary<long, string>());
        foreach (var i in Enumerable.Range(0, Seeds))
        {
            var status = await (await jobs.SubmitAsync(client, inputs, i, cancellationToken)).GetResultAsync(cancellationToken);
            hashes[i] = JobCheck.ResultHash(status);
            var generation = await jobs.DrawAsync(client, status.Id, i, cancellationToken);
            await foreach (var _ in generation.WatchAsync(1, cancellationToken)) { }
            var drawn = (await generation.FindStatusAsync(cancellationToken))!;
            pictures[i] = drawn is { State: JobState.Succeeded, Files.IsEmpty: false }
                ? JobCheck.ResultHash(drawn)
                : throw new InvalidOperationException($"An undisturbed generation is {drawn.State}: {drawn.Error?.Message}");
        }

        using var run = CommandLine.Start(calm, Path.Combine(root, "implant"), "implant", jobs.ToArguments(0));
        await run.EndAsync(cancellationToken);
        return run.ExitCode == 0 && await run.Job is { } id
            ? new References(hashes, pictures, JobCheck.ResultHash(await client.GetImplantation(id).GetStatusAsync(cancellationToken)))
            : throw new InvalidOperationException($"An undisturbed implant ended with {run.ExitCode}: {run.Words}");
    }
}
