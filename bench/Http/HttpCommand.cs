using System.CommandLine;
using System.Text.Json;

namespace OrleansOneShot.Bench.Http;

/// <summary><c>bench http</c>: submissions over HTTP against a gateway, many watchers of one job, and large files.</summary>
internal static class HttpCommand
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public static Command Create()
    {
        var submits = new Option<int>("--submits") { Description = "Submissions a round, at most 150", DefaultValueFactory = _ => 100 };
        var watchers = new Option<int>("--watchers") { Description = "How many watch one job", DefaultValueFactory = _ => 1000 };
        var format = new Option<string>("--format") { Description = "json (one line) or text", DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("json", "text");
        var command = new Command("http", "HTTP beside a gateway and beside plain files: needs redis-server") { submits, watchers, format };
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                var line = await HttpRun.MeasureAsync(parsed.GetValue(submits), parsed.GetValue(watchers), cancellationToken);
                Console.WriteLine(JsonSerializer.Serialize(line, parsed.GetValue(format) == "json" ? null : s_indented));
            }
        );
        return command;
    }

    /// <summary>What the servers' processes run; not for people.</summary>
    public static Command CreateServer()
    {
        var redis = new Argument<string>("redis");
        var data = new Argument<string>("data");
        var slots = new Argument<int>("slots");
        var api = new Argument<string>("api");
        var plain = new Argument<string>("plain");
        var command = new Command("http-server") { redis, data, slots, api, plain };
        command.Hidden = true;
        command.SetAction(
            (parsed, cancellationToken) =>
                HttpServerProcess.RunAsync(
                    parsed.GetValue(redis)!,
                    parsed.GetValue(data)!,
                    parsed.GetValue(slots),
                    parsed.GetValue(api)!,
                    parsed.GetValue(plain)!,
                    cancellationToken
                )
        );
        return command;
    }

    /// <summary>What the watchers' process runs; not for people.</summary>
    public static Command CreateWatchers()
    {
        var url = new Argument<Uri>("url") { CustomParser = result => new Uri(result.Tokens[0].Value) };
        var count = new Argument<int>("count");
        var command = new Command("http-watchers") { url, count };
        command.Hidden = true;
        command.SetAction((parsed, cancellationToken) => WatchersProcess.RunAsync(parsed.GetValue(url)!, parsed.GetValue(count), cancellationToken));
        return command;
    }
}
