using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using OrleansOneShot.Chaos;

var seed = new Option<int>("--seed") { Description = "Of the schedule of faults", DefaultValueFactory = _ => Environment.TickCount & 0xFFFF };
var jobs = new Option<int>("--jobs") { Description = "Number of jobs", DefaultValueFactory = _ => 60 };
var minutes = new Option<double>("--minutes") { Description = "How long faults go on", DefaultValueFactory = _ => 10 };
var silos = new Option<int>("--silos") { Description = "Silos, one slot each", DefaultValueFactory = _ => 3 };
var steps = new Option<int>("--steps") { Description = "Training steps a job", DefaultValueFactory = _ => 40 };
var format = new Option<string>("--format") { Description = "json or text", DefaultValueFactory = _ => "text" };
format.AcceptOnlyFromAmong("json", "text");
var command = new RootCommand("Jobs on a cluster of real processes, under a seeded schedule of kills, freezes and outages") { seed, jobs, minutes, silos, steps, format };
command.SetAction(async parsed =>
{
    var report = await new ChaosRun(new ChaosSetting(
        parsed.GetValue(seed), parsed.GetValue(jobs), parsed.GetValue(minutes), parsed.GetValue(silos), parsed.GetValue(steps))).ExecuteAsync();
    if (parsed.GetValue(format) == "json")
    {
        Console.WriteLine(JsonSerializer.Serialize(report));
    }
    else
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"seed {report.Seed}: {report.Succeeded} of {report.Jobs} jobs as they should be; {report.Faults.Values.Sum()} faults, {report.FaultsInTraining} in training; {report.Resumes} resumes, {report.StepsRepeated} steps repeated, longest gap {report.LongestGap:0.0} s; {report.Seconds:0} s in all"));
        foreach (var violation in report.Violations)
        {
            Console.WriteLine(violation);
        }
    }

    return report.Violations.Count == 0 ? 0 : 1;
});
return await command.Parse(args).InvokeAsync();
