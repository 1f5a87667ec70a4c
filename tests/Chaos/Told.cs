using System.Collections.Concurrent;

namespace OrleansOneShot.Chaos;

/// <summary>What users were told, and what of it can't be true.</summary>
internal sealed class Told
{
    // Silos may take that long to be back where many processes share few processors.
    private static readonly TimeSpan s_grace = TimeSpan.FromMinutes(4);

    // No command that waits for no job may take longer, whatever is away meanwhile: its calls give up long before, also where many processes share few
    // processors.
    private static readonly TimeSpan s_longest = TimeSpan.FromMinutes(6);
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>What must not be.</summary>
    public IReadOnlyList<string> Violations => [.. _violations];

    /// <summary>How often what was said.</summary>
    public IReadOnlyDictionary<string, int> Counts => new SortedDictionary<string, int>(_counts, StringComparer.Ordinal);

    /// <summary>When faults were over; null: not yet.</summary>
    public DateTimeOffset? Calm { get; set; }

    /// <summary>Notes that something was said.</summary>
    /// <param name="what">What.</param>
    public void Count(string what) => _counts.AddOrUpdate(what, 1, (_, count) => count + 1);

    /// <summary>Notes what must not be.</summary>
    /// <param name="what">What.</param>
    public void Violate(string what) => _violations.Enqueue(what);

    /// <summary>Waits for a command's end and looks at it. One that does not end, hangs.</summary>
    /// <param name="run">The command.</param>
    /// <param name="since">From when on it has nothing to wait for: the end of the job that it follows. Null: from its start.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>False: it hung, and is gone.</returns>
    public async Task<bool> EndAsync(CommandLine run, Task? since, CancellationToken cancellationToken)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (end, limit) = (run.EndAsync(done.Token), LimitAsync());
        await Task.WhenAny(end, limit);
        var hangs = !end.IsCompleted;
        await done.CancelAsync();
        await Task.WhenAll(end, limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (hangs)
        {
            // Also when all is over: whoever still waits then, waits for ever.
            await run.KillAsync();
            Violate($"{run.Command}, begun at {run.Began:HH:mm:ss}, did not end; it had said: {run.Words.Trim()}");
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }

        Check(run);
        return true;

        async Task LimitAsync()
        {
            await (since ?? Task.CompletedTask).WaitAsync(done.Token);
            await Task.Delay(s_longest, done.Token);
        }
    }

    /// <summary>Waits for the job that a command says it has submitted. One that says nothing and does not end, hangs.</summary>
    /// <param name="run">The command.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Its id; null: it has ended without one.</returns>
    public async Task<string?> JobAsync(CommandLine run, CancellationToken cancellationToken)
    {
        try
        {
            if (await run.Job.WaitAsync(s_longest, cancellationToken) is { } id)
            {
                return id;
            }
        }
        catch (TimeoutException)
        {
            Violate($"{run.Command}, begun at {run.Began:HH:mm:ss}, submitted no job and did not end; it had said: {run.Words.Trim()}");
            await run.KillAsync();
            return null;
        }

        await EndAsync(run, null, cancellationToken);
        return null;
    }

    /// <summary>
    /// Looks at how a command has ended, apart from what it was about: a documented code, no defect, and out of reach only while something was.
    /// </summary>
    /// <param name="run">The command.</param>
    private void Check(CommandLine run)
    {
        Count($"{run.Command}: exit {run.ExitCode}");
        var text = run.Words + string.Join('\n', run.Lines.TakeLast(1));
        if (
            run.ExitCode is not (0 or 1 or 3 or 4 or 130)
            || text.Contains("defect of oneshot", StringComparison.Ordinal)
            || text.Contains("   at ", StringComparison.Ordinal)
        )
        {
            Violate($"{run.Command} ended with {run.ExitCode}: {run.Words.Trim()}");
        }
        else if (run.ExitCode == 4 && Calm is { } calm && run.Began > calm + s_grace)
        {
            Violate($"{run.Command} found nobody long after the last fault: {run.Words.Trim()}");
        }
    }
}
