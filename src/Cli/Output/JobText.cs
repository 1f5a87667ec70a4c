using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Cli.Output;

/// <summary>A job as people read it.</summary>
internal static class JobText
{
    /// <summary>Writes a job's document, or its lines for people.</summary>
    /// <param name="context">The command.</param>
    /// <param name="status">The job.</param>
    /// <param name="folder">Where its files lie, if they do.</param>
    public static void WriteResult(CommandContext context, IJobStatus status, string? folder)
    {
        if (context.Json)
        {
            context.Write(JobDocument.Of(status, folder));
            return;
        }

        var output = context.Streams.Output;
        output.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{status.Id}  {status.State}  step {status.Step}/{status.Steps}  epoch {status.Epoch}  {status.Seconds:0.0} s"
            )
        );
        var metadata = string.Concat(status.Request.Metadata.Select(pair => $"  {pair.Key}={pair.Value}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Owner {status.Request.Owner}  priority {status.Request.Priority}{metadata}"));
        if (status.Waiting is { } waiting)
        {
            output.WriteLine($"Waiting: {waiting}");
        }

        if (status.Error is { } error)
        {
            output.WriteLine($"Error: {error.Message}");
        }

        foreach (var warning in status.Warnings)
        {
            output.WriteLine($"Warning: {warning}");
        }

        if (status is ImplantationStatus { Metrics: { } metrics })
        {
            output.WriteLine($"IA {Number(metrics.Ia)}  TA {Number(metrics.Ta)}  prototype {Number(metrics.PrototypeSimilarity)}");
            foreach (var item in metrics.Objects)
            {
                output.WriteLine($"  {item.Token} ({item.Class}): IA of the object {Number(item.IaObject)}, prototype {Number(item.PrototypeSimilarity)}");
                if (NextSteps.Compare(item) is { } compared)
                {
                    output.WriteLine($"    {compared}");
                }
            }
        }

        if (folder is not null && status.Files.Length > 0)
        {
            output.WriteLine(folder);
            foreach (var file in status.Files)
            {
                output.WriteLine($"  {file.Path}  {file.Bytes.ToString("N0", CultureInfo.InvariantCulture)} bytes");
            }
        }
    }

    private static string Number(double? value) => value?.ToString("0.000", CultureInfo.InvariantCulture) ?? "-";
}
