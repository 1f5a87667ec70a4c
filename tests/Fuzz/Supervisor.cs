using System.Diagnostics;
using System.Globalization;

namespace OrleansOneShot.Fuzz;

/// <summary>Starts workers one after the other, ends one that hangs or takes too much memory, and sums up.</summary>
/// <param name="setting">What to do.</param>
internal sealed class Supervisor(FuzzSetting setting)
{
    private const long MostMemory = 6L << 30;
    private static readonly TimeSpan s_longestProcessor = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(200);
    private readonly FuzzFiles _files = new(setting.Folder);
    private long _crashes;

    /// <summary>Does it.</summary>
    /// <returns>The process's exit code: 0 if nothing was found and at least half of the inputs got past the first check.</returns>
    public async Task<int> RunAsync()
    {
        var clock = Stopwatch.StartNew();
        var from = setting.From;
        while (from < setting.Inputs && DateTime.UtcNow < setting.Until)
        {
            var problem = await WorkAsync(from);
            if (problem is null || _files.Current() is not { } at)
            {
                break;
            }

            _crashes++;
            _files.SaveCurrent(setting.Kinds[(int)(Math.Max(at, 0) % setting.Kinds.Count)], at, problem.Split(' ')[0], problem);
            from = Math.Max(at, from) + 1;
        }

        return Report(clock.Elapsed);
    }

    private async Task<string?> WorkAsync(long from)
    {
        using var worker = Start(from);
        var (index, processor, since) = (-1L, TimeSpan.Zero, Stopwatch.GetTimestamp());
        while (!worker.HasExited)
        {
            await Task.Delay(s_period);
            try
            {
                worker.Refresh();
                if (_files.Current() is { } current && current != index)
                {
                    (index, processor, since) = (current, worker.TotalProcessorTime, Stopwatch.GetTimestamp());
                }

                var problem =
                    worker.WorkingSet64 > MostMemory ? $"TooMuchMemory {worker.WorkingSet64 >> 20} MiB"
                    : worker.TotalProcessorTime - processor > s_longestProcessor || Stopwatch.GetElapsedTime(since) > s_longestWait ? $"Hangs at input {index}"
                    : null;
                if (problem is not null)
                {
                    worker.Kill();
                    await worker.WaitForExitAsync();
                    return problem;
                }
            }
            catch (InvalidOperationException)
            {
                // It has ended in the meantime.
            }
        }

        await worker.WaitForExitAsync();
        return worker.ExitCode == 0 ? null : $"Crash with exit code {worker.ExitCode}";
    }

    private Process Start(long from)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!);
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(typeof(Supervisor).Assembly.Location);
        }

        foreach (
            var argument in (string[])
                [
                    "--worker",
                    "--seed",
                    Text(setting.Seed),
                    "--inputs",
                    Text(setting.Inputs),
                    "--from",
                    Text(from),
                    "--seconds",
                    Text(Math.Max(0, (setting.Until - DateTime.UtcNow).TotalSeconds)),
                    "--out",
                    setting.Folder,
                    "--kinds",
                    string.Join(',', setting.Kinds),
                ]
        )
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)!;
    }

    private int Report(TimeSpan elapsed)
    {
        using var tally = new Tally(_files.Tally, setting.Kinds);
        long inputs = 0,
            past = 0,
            found = _crashes;
        Console.WriteLine($"{"kind",-20} {"inputs",8} {"past magic",11} {"taken",8} {"refused",8} {"found",6}");
        foreach (var kind in setting.Kinds)
        {
            var one = tally.Of(kind);
            var count = one.Taken + one.Refused + one.Found;
            (inputs, past, found) = (inputs + count, past + one.Past, found + one.Found);
            Console.WriteLine($"{kind,-20} {count,8} {one.Past,11} {one.Taken,8} {one.Refused,8} {one.Found,6}");
        }

        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"seed {setting.Seed}: {inputs} inputs of {setting.Kinds.Count} kinds in {elapsed.TotalSeconds:0} s, {past} past the magic check "
                    + $"({100.0 * past / Math.Max(1, inputs):0} %), {found} found{(found > 0 ? $" (see {setting.Folder})" : "")}"
            )
        );
        return found == 0 && inputs > 0 && past * 2 >= inputs ? 0 : 1;
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
