using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Client.Silos;
using OrleansOneShot.Documents.Cluster;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot cluster queue</c>.</summary>
internal sealed class ClusterQueueCommand(CliStreams streams)
    : SchedulerCommand<QueueDocument>("queue", "Lists waiting jobs, in the order in which they will start.", "No job waits.", streams)
{
    /// <inheritdoc/>
    protected override Task<QueueDocument> AskAsync(IOneShotCluster cluster, CancellationToken cancellationToken) => cluster.GetQueueAsync(cancellationToken);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lines(QueueDocument document) =>
        document.Queue.Select(entry =>
            string.Create(
                    CultureInfo.InvariantCulture,
                    $"{entry.Id}  {entry.Owner}  {entry.Priority,4}  {entry.Enqueued:yyyy-MM-dd HH:mm:ss}  {entry.Waiting}"
                )
                .TrimEnd()
        );
}
