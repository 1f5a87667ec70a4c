using System.CommandLine;
using OrleansOneShot.Cli.App;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot dataset</c>.</summary>
internal sealed class DatasetCommand : Command
{
    public DatasetCommand(CliStreams streams)
        : base("dataset", "Runs over many photos: a manifest's, or a folder's.")
    {
        Add(new DatasetRunCommand(streams));
        Add(new DatasetListCommand(streams));
        Add(new DatasetStatusCommand(streams));
        Add(new DatasetItemsCommand(streams));
        Add(new DatasetResumeCommand(streams));
        Add(new DatasetRetryCommand(streams));
        Add(new DatasetCancelCommand(streams));
        Add(new DatasetReportCommand(streams));
    }
}
