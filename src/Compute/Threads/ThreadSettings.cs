using System.Globalization;

namespace OrleansOneShot.Compute.Threads;

/// <summary>
/// What is settled about threads before libtorch is loaded: how many at most, and what those do that have nothing to do. Its OpenMP reads both from the
/// environment, once. Left alone, its threads turn in circles for milliseconds after each operation, in case another one follows, and take the processors from
/// whoever could work.
/// </summary>
/// <param name="Processors">What there is.</param>
/// <param name="Fixed">Threads of every operation, if someone has said so; null: by work and by what is free.</param>
/// <param name="FixedBy">The variable that says so.</param>
/// <param name="WaitingBy">The variable by which someone has said how threads wait; null: nobody has, so they sleep.</param>
/// <param name="Problem">Why the number of threads that was asked for is none; null: it is one, or none was.</param>
public sealed record ThreadSettings(Processors Processors, int? Fixed, string? FixedBy, string? WaitingBy, string? Problem)
{
    /// <summary>The program's own variable.</summary>
    public const string Variable = "ONESHOT_THREADS";

    /// <summary>Most threads that can be asked for.</summary>
    public const int Most = 1024;

    private const string OpenMpThreads = "OMP_NUM_THREADS";
    private static readonly string[] s_waiting = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME"];

    /// <summary>What this process goes by.</summary>
    public static ThreadSettings Current { get; } = Read(Environment.GetEnvironmentVariable, Processors.Read());

    /// <summary>Reads the settings.</summary>
    /// <param name="variable">Reads a variable of the environment.</param>
    /// <param name="processors">What there is.</param>
    /// <returns>The settings.</returns>
    public static ThreadSettings Read(Func<string, string?> variable, Processors processors)
    {
        ArgumentNullException.ThrowIfNull(variable);
        ArgumentNullException.ThrowIfNull(processors);
        var waiting = s_waiting.FirstOrDefault(name => !string.IsNullOrEmpty(variable(name)));
        var own = variable(Variable)?.Trim();
        if (string.IsNullOrEmpty(own))
        {
            // A list has a number for each level of nesting; libtorch has one level.
            var open = Number(variable(OpenMpThreads)?.Split(',')[0]);
            return new ThreadSettings(processors, open, open is null ? null : OpenMpThreads, waiting, null);
        }

        var count = Number(own);
        return new ThreadSettings(
            processors,
            count,
            count is null ? null : Variable,
            waiting,
            count is null ? $"{Variable} is \"{own}\", which is no number of threads." : null
        );
    }

    /// <summary>Variables that libtorch's OpenMP must find besides those of the user.</summary>
    /// <returns>Names and values.</returns>
    public IReadOnlyDictionary<string, string> Additions()
    {
        var added = new Dictionary<string, string>();
        if (WaitingBy is null)
        {
            // Of GNU's and of LLVM's and Intel's OpenMP: a libtorch may come with either.
            added["OMP_WAIT_POLICY"] = "PASSIVE";
            added["KMP_BLOCKTIME"] = "0";
        }

        if (Fixed is { } count && FixedBy == Variable)
        {
            added[OpenMpThreads] = Text(count);
        }
        else if (Fixed is null && Processors.Threads < Processors.Allowed.Count)
        {
            // It knows the processors, and not the quota.
            added[OpenMpThreads] = Text(Processors.Threads);
        }

        return added;
    }

    private static string Text(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static int? Number(string? text) =>
        int.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var count)
        && count is >= 1 and <= Most
            ? count
            : null;
}
