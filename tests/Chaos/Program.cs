using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OrleansOneShot.Chaos;

var seed = new Option<int>("--seed")
{
    Description = "Of the schedule of faults; the same seed gives the same schedule",
    DefaultValueFactory = _ => Environment.TickCount & 0xFFFF,
};
var jobs = new Option<int>("--jobs") { Description = "Number of jobs", DefaultValueFactory = _ => 60 };
var minutes = new Option<double>("--minutes") { Description = "How long faults go on", DefaultValueFactory = _ => 10 };
var silos = new Option<int>("--silos") { Description = "Silos, one slot each", DefaultValueFactory = _ => 3 };
var steps = new Option<int>("--steps") { Description = "Training steps a job", DefaultValueFactory = _ => 40 };
var faults = new Option<string>("--faults") { Description = "What goes wrong, of: " + string.Join(", ", FaultKinds.Names), DefaultValueFactory = _ => "all" };
faults.Validators.Add(result =>
{
    if (result.Tokens.Count > 0 && FaultKinds.Parse(result.Tokens[0].Value) is null)
    {
        result.AddError($"--faults takes a list of {string.Join(", ", FaultKinds.Names)}, but is '{result.Tokens[0].Value}'.");
    }
});
var format = new Option<string>("--format") { Description = "json or text", DefaultValueFactory = _ => "text" };
format.AcceptOnlyFromAmong("json", "text");
var json = new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };
var command = new RootCommand(
    "Jobs on a cluster of real processes, under a seeded schedule of faults. Exit: 0 nothing was wrong, 1 something was, 2 this machine lacks what it needs."
)
{
    seed,
    jobs,
    minutes,
    silos,
    steps,
    faults,
    format,
};
command.SetAction(
    (parsed, cancellationToken) =>
        WithMeansAsync(async () =>
        {
            var setting = new ChaosSetting(
                parsed.GetValue(seed),
                parsed.GetValue(jobs),
                parsed.GetValue(minutes),
                parsed.GetValue(silos),
                parsed.GetValue(steps),
                FaultKinds.Parse(parsed.GetValue(faults)!)!
            );
            var report = await new ChaosRun(setting).ExecuteAsync(cancellationToken);
            if (parsed.GetValue(format) == "json")
            {
                Console.WriteLine(JsonSerializer.Serialize(report, json));
            }
            else
            {
                Console.WriteLine(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"seed {report.Seed}: {report.Succeeded} of {report.Jobs} jobs as they should be ({report.Cancelled} taken back, {report.Refused} of "
                            + $"damaged inputs, {report.Retried} run again, {report.Generations} generations); "
                            + $"{report.Faults.Values.Sum()} faults, {report.FaultsInTraining} in training, {report.Kills} kills; "
                            + $"{report.Resumes} resumes, {report.DroppedCheckpoints} damaged checkpoints found, {report.StepsRepeated} of "
                            + $"{report.StepsTaken} steps repeated, longest gap {report.LongestGapSeconds:0.0} s "
                            + $"({string.Join(", ", report.LongestGapFaults)}); {report.Seconds:0} s in all"
                    )
                );
                Console.WriteLine(
                    $"faults: {string.Join(", ", report.Faults.Select(kind => $"{kind.Key} {kind.Value}"))}"
                        + string.Concat(report.Missed.Select(kind => $"; {kind.Key} missed {kind.Value}"))
                        + string.Concat(report.LeftOut.Select(kind => $"; {kind.Key} left out: {kind.Value}"))
                );
                Console.WriteLine($"users: {report.EventsWatched} events watched, {string.Join(", ", report.Told.Select(what => $"{what.Key} {what.Value}"))}");
                foreach (var line in report.Violations.Concat(report.Logs))
                {
                    Console.WriteLine(line);
                }
            }

            return report.Violations.Count == 0 ? 0 : 1;
        })
);

var rounds = new Option<int>("--rounds") { Description = "How often each fault happens", DefaultValueFactory = _ => 3 };
var longer = new Option<int>("--steps") { Description = "Training steps a job", DefaultValueFactory = _ => 400 };
var failOver = new Command("fail-over", "Measures how long a job stands still when its silo is killed, frozen or drained, or all silos are killed at once")
{
    silos,
    longer,
    rounds,
    format,
};
failOver.SetAction(
    (parsed, cancellationToken) =>
        WithMeansAsync(async () =>
        {
            var report = await new FailOverRun(parsed.GetValue(silos), parsed.GetValue(longer), parsed.GetValue(rounds)).ExecuteAsync(cancellationToken);
            if (parsed.GetValue(format) == "json")
            {
                Console.WriteLine(JsonSerializer.Serialize(report, json));
            }
            else
            {
                foreach (var fault in report.Faults.GroupBy(fault => fault.Fault))
                {
                    Console.WriteLine(
                        string.Create(
                            CultureInfo.InvariantCulture,
                            $"{fault.Key}: next step after {string.Join(", ", fault.Select(one => one.Gap.ToString("0.0", CultureInfo.InvariantCulture)))} s; "
                                + $"steps repeated {string.Join(", ", fault.Select(one => one.StepsRepeated))}"
                        )
                    );
                }

                report.Violations.ToList().ForEach(Console.WriteLine);
            }

            return report.Violations.Count == 0 ? 0 : 1;
        })
);
command.Subcommands.Add(failOver);

// Ctrl-C: as long as it takes to end the processes.
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });

// What is missing is told in a sentence.
static async Task<int> WithMeansAsync(Func<Task<int>> run)
{
    try
    {
        return await run();
    }
    catch (MissingMeansException e)
    {
        Console.Error.WriteLine(e.Message);
        return 2;
    }
}
