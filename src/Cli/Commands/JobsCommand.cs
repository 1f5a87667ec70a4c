using System.CommandLine;
using OrleansOneShot.Cli.App;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot jobs</c>.</summary>
internal sealed class JobsCommand : Command
{
    public JobsCommand(CliStreams streams)
        : base("jobs", "Lists, follows, ends and retries jobs.")
    {
        Add(new JobsListCommand(streams));
        Add(new JobsShowCommand(streams));
        Add(new JobsWatchCommand(streams));
        Add(new JobsLogsCommand(streams));
        Add(new JobsCancelCommand(streams));
        Add(new JobsRetryCommand(streams));
        Add(new JobsDeleteCommand(streams));
        Add(new JobsDownloadCommand(streams));
        Add(new JobsCollectCommand(streams));
        Add(new JobsRecoverCommand(streams));
    }
}
