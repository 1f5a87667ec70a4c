using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using OrleansOneShot.Bench.Quality;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Bench.Slots;

/// <summary><c>bench slots</c>: toy jobs at once in one process, a thread each, as the slots of a silo have them.</summary>
internal static class SlotsCommand
{
    public static Command Create()
    {
        var jobs = new Option<int>("--jobs") { Description = "Jobs at once, 1 to 64", DefaultValueFactory = _ => 2 };
        jobs.Validators.Add(result =>
        {
            if (result.GetValue(jobs) is < 1 or > 64)
            {
                result.AddError("--jobs must be from 1 to 64.");
            }
        });
        var device = new Option<string>("--device") { Description = "cpu or cuda:N", DefaultValueFactory = _ => "cpu" };
        var steps = new Option<int?>("--steps") { Description = "Training steps (default: the model's)" };
        var command = new Command("slots", "Implants a sample into toyworld-64 several times at once in one process") { jobs, device, steps };
        command.SetAction(parsed =>
            Console.WriteLine(JsonSerializer.Serialize(Measure(parsed.GetValue(jobs), parsed.GetValue(device)!, parsed.GetValue(steps))))
        );
        return command;
    }

    /// <summary>Measures jobs at once in this process.</summary>
    /// <param name="jobs">How many.</param>
    /// <param name="device">"cpu" or "cuda:N".</param>
    /// <param name="steps">Training steps; null: the model's.</param>
    public static SlotsLine Measure(int jobs, string device, int? steps)
    {
        TorchRuntime.Initialise();
        var made = steps ?? OpenModel().Defaults.Steps!.Value;
        var clock = Stopwatch.StartNew();
        Task<double>[] runs =
        [
            .. Enumerable
                .Range(0, jobs)
                .Select(seed =>
                    Task.Factory.StartNew(() => Train(seed, device, made), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                ),
        ];
        double[] training = [.. Task.WhenAll(runs).GetAwaiter().GetResult().Order()];
        return new SlotsLine(jobs, device, Round(clock.Elapsed.TotalSeconds), Round(training[training.Length / 2]), Round(training[^1]), made);
    }

    private static ModelFolder OpenModel() => ModelFolder.Open(Path.Combine(QualityCommand.FindRoot(), "models", "toyworld-64"));

    private static double Train(int seed, string device, int steps)
    {
        var folder = OpenModel();
        var model = folder.Defaults;
        var options = new ImplantationOptions
        {
            Name = "cat",
            Seed = seed,
            Vectors = model.Vectors!.Value,
            Steps = steps,
            LearningRate = model.LearningRate!.Value,
            Resolution = model.Resolution!.Value,
            Precision = Precision.Fp32,
            Device = device,
            Prototype = new PrototypeOptions { LearningRate = model.Prototype!.LearningRate!.Value, Steps = model.Prototype.Steps!.Value },
            PromptTemplate = model.PromptTemplate!,
            SamplesPerPrompt = 0,
        };
        var samples = Path.Combine(QualityCommand.FindRoot(), "samples");
        var inputs = new ImplantationInputs(
            File.ReadAllBytes(Path.Combine(samples, "cat.png")),
            [new ImplantationObject("cat", "<cat>", File.ReadAllBytes(Path.Combine(samples, "cat-mask.png")))]
        );
        var work = Directory.CreateTempSubdirectory("oneshot-slots-");
        try
        {
            return new ImplantationRun(folder, inputs, options, new SilentObserver()).Execute(work.FullName, null, CancellationToken.None).StageSeconds[
                "training"
            ];
        }
        finally
        {
            work.Delete(recursive: true);
        }
    }

    private static double Round(double seconds) => Math.Round(seconds, 2);

    /// <summary>What jobs at once took.</summary>
    /// <param name="Jobs">How many.</param>
    /// <param name="Device">Their device.</param>
    /// <param name="Seconds">From the start to the last end.</param>
    /// <param name="TrainingMedian">Seconds of training, median.</param>
    /// <param name="TrainingLongest">Seconds of training, longest.</param>
    /// <param name="Steps">Training steps of each.</param>
    internal sealed record SlotsLine(int Jobs, string Device, double Seconds, double TrainingMedian, double TrainingLongest, int Steps);
}
