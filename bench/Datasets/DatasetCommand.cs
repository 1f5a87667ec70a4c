using System.CommandLine;
using System.Text.Json;

namespace OrleansOneShot.Bench.Datasets;

/// <summary><c>bench dataset</c>: what an item of a dataset run costs as the run goes on, with an engine that does nothing.</summary>
internal static class DatasetCommand
{
    /// <summary>The command for people.</summary>
    public static Command Create()
    {
        var items = new Option<int>("--items") { Description = "Items of the run", DefaultValueFactory = _ => 10_000 };
        items.Validators.Add(result =>
        {
            if (result.GetValue(items) is < 200 or > 100_000)
            {
                result.AddError("--items must be from 200 to 100000.");
            }
        });
        var report = new Option<string?>("--report") { Description = "Folder for the run's report.html" };
        var command = new Command("dataset", "A dataset run in an embedded silo: time and memory an item; a line a look, as JSON") { items, report };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                await foreach (var line in DatasetBench.MeasureAsync(parsed.GetValue(items), parsed.GetValue(report), cancellationToken))
                {
                    Console.WriteLine(JsonSerializer.Serialize(line));
                }
            }
        );
        return command;
    }
}
