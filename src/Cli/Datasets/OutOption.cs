using System.CommandLine;
using OrleansOneShot.Cli.Sessions;

namespace OrleansOneShot.Cli.Datasets;

/// <summary><c>--out DIR</c> of commands that know where a run's results go.</summary>
internal sealed class OutOption : Option<string?>
{
    public OutOption()
        : base("--out")
    {
        Description = "Folder of the results and reports (default: the one that the run was begun with).";
        HelpName = "DIR";
    }

    /// <summary>The folder.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="record">What this machine knows of the run; null: nothing.</param>
    /// <returns>Its absolute path; null: none is known.</returns>
    public string? Resolve(ParseResult parsed, RunRecord? record) => parsed.GetValue(this) is { } given ? ResultFolder.Check(given) : record?.Out;
}
