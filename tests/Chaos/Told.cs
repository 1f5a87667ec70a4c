using System.Collections.Concurrent;

namespace OrleansOneShot.Chaos;

/// <summary>What users were told, and what of it can't be true.</summary>
internal sealed class Told
{
    // Silos may take that long to be back where many processes share few processors.
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(4);
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

    /// <summary>Looks at how a command has ended, apart from what it was about: a documented code, no defect, and out of reach only while something was.</summary>
    /// <param name="run">The command.</param>
    public void Check(CommandLine run)
    {
        Count($"{run.Command}: exit {run.ExitCode}");
        var text = run.Words + string.Join('\n', run.Lines.TakeLast(1));
        if (run.ExitCode is not (0 or 1 or 3 or 4 or 130) || text.Contains("defect of oneshot", StringComparison.Ordinal) || text.Contains("   at ", StringComparison.Ordinal))
        {
            Violate($"{run.Command} ended with {run.ExitCode}: {run.Words.Trim()}");
        }
        else if (run.ExitCode == 4 && Calm is { } calm && run.Began > calm + Grace)
        {
            Violate($"{run.Command} found nobody long after the last fault: {run.Words.Trim()}");
        }
    }
}
