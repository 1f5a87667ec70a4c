using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Bench.FanOut;

/// <summary><c>bench fan-out</c>: how a step scales over silos in processes of their own, with an engine whose terms are sleeps.</summary>
internal static class FanOutCommand
{
    /// <summary>The command for people.</summary>
    public static Command Create()
    {
        var silos = new Option<int[]>("--silos")
        {
            Description = "Numbers of silos",
            DefaultValueFactory = _ => [1, 2, 3],
            AllowMultipleArgumentsPerToken = true,
        };
        var terms = new Option<int[]>("--terms")
        {
            Description = "Numbers of terms: k masked ones and the global one",
            DefaultValueFactory = _ => [3, 6],
            AllowMultipleArgumentsPerToken = true,
        };
        var steps = new Option<int>("--steps") { Description = "Measured steps", DefaultValueFactory = _ => 20 };
        var seconds = new Option<double>("--seconds") { Description = "Time of a term", DefaultValueFactory = _ => 0.35 };
        var format = new Option<string>("--format") { Description = "json (a line a case) or table", DefaultValueFactory = _ => "table" };
        format.AcceptOnlyFromAmong("json", "table");
        var command = new Command("fan-out", "A step's terms over 1, 2 and 3 silos: needs redis-server") { silos, terms, steps, seconds, format };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var asJson = parsed.GetValue(format) == "json";
                if (!asJson)
                {
                    Console.WriteLine(FanOutLine.Header);
                }

                foreach (var count in parsed.GetValue(terms)!)
                {
                    foreach (var n in parsed.GetValue(silos)!)
                    {
                        var line = await FanOutRun.MeasureAsync(
                            new FanOutSetting(n, count, parsed.GetValue(steps), parsed.GetValue(seconds)),
                            cancellationToken
                        );
                        Console.WriteLine(asJson ? JsonSerializer.Serialize(line) : line.ToString());
                    }
                }
            }
        );
        return command;
    }

    /// <summary>What the processes run; not for people.</summary>
    public static Command CreateSilo()
    {
        var redis = new Argument<string>("redis");
        var data = new Argument<string>("data");
        var setting = new Argument<string[]>("setting") { Arity = ArgumentArity.OneOrMore };
        var command = new Command("fan-out-silo") { redis, data, setting };
        command.Hidden = true;
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var numbers = parsed.GetValue(setting)!.Select(text => double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
                var engine = new StubEngine(new FanOutSetting((int)numbers[0], (int)numbers[1], (int)numbers[2], numbers[3]));
                await using var silo = await ClusterSilo.StartAsync(
                    new ClusterSiloOptions
                    {
                        Redis = parsed.GetValue(redis)!,
                        Data = DataFolder.Resolve(parsed.GetValue(data)),
                        AllowVolatileRedis = true,
                        Engine = _ => engine,
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
