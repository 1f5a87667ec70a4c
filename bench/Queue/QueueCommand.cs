using System.CommandLine;
using System.Text.Json;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Bench.Queue;

/// <summary><c>bench queue</c>: what a submission costs as the queue grows, and whether owners are served fairly.</summary>
internal static class QueueCommand
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>The command for people.</summary>
    public static Command Create()
    {
        var jobs = new Option<int>("--jobs") { Description = "Jobs in the queue at the second look", DefaultValueFactory = _ => 10_000 };
        jobs.Validators.Add(result =>
        {
            if (result.GetValue(jobs) is < 300 or > 90_000)
            {
                result.AddError("--jobs must be from 300 to 90000.");
            }
        });
        var many = new Option<int>("--many") { Description = "Jobs of the owner with many, at most 1000", DefaultValueFactory = _ => 1000 };
        var few = new Option<int>("--few") { Description = "Jobs of the owner with few", DefaultValueFactory = _ => 10 };
        var format = new Option<string>("--format") { Description = "json (one line) or text", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("json", "text");
        var command = new Command("queue", "The queue with many jobs, and fairness between two owners: needs redis-server") { jobs, many, few, format };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var line = await QueueRun.MeasureAsync(parsed.GetValue(jobs), parsed.GetValue(many), parsed.GetValue(few), cancellationToken);
                Console.WriteLine(JsonSerializer.Serialize(line, parsed.GetValue(format) == "json" ? null : s_indented));
            }
        );
        return command;
    }

    /// <summary>What the processes run; not for people.</summary>
    public static Command CreateSilo()
    {
        var redis = new Argument<string>("redis");
        var data = new Argument<string>("data");
        var cluster = new Argument<string>("cluster");
        var slots = new Argument<int>("slots");
        var command = new Command("queue-silo") { redis, data, cluster, slots };
        command.Hidden = true;
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                await using var silo = await ClusterSilo.StartAsync(
                    new ClusterSiloOptions
                    {
                        Redis = parsed.GetValue(redis)!,
                        Data = DataFolder.Resolve(parsed.GetValue(data)),
                        ClusterId = parsed.GetValue(cluster)!,
                        Slots = parsed.GetValue(slots),
                        AllowVolatileRedis = true,
                        Engine = _ => new InstantEngine(),
                    },
                    cancellationToken
                );
                Console.WriteLine("Ready");

                // The parent's end of the pipe closes with the parent, however that ends.
                await Console.In.ReadToEndAsync(cancellationToken);
            }
        );
        return command;
    }
}
