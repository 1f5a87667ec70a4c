using System.CommandLine;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Bench.Quality;

/// <summary><c>bench quality</c>: how well the method does on the toy model, for choosing its defaults.</summary>
internal static class QualityCommand
{
    public static Command Create()
    {
        var objects = new Option<string[]>("--objects")
        {
            Description = "Samples to implant",
            DefaultValueFactory = _ => ["cat", "rabbit", "owl", "teapot"],
            AllowMultipleArgumentsPerToken = true,
        };
        var scenes = new Option<string[]>("--scene")
        {
            Description = "Ends of the prompts",
            DefaultValueFactory = _ => ["on the beach", "in the snow"],
            AllowMultipleArgumentsPerToken = true,
        };
        var rate = new Option<double?>("--lr") { Description = "Learning rate (default: the model's)" };
        var steps = new Option<int?>("--steps") { Description = "Training steps (default: the model's)" };
        var constant = new Option<bool>("--constant") { Description = "Constant learning rate instead of the model's schedule" };
        var area = new Option<bool>("--area") { Description = "Masked terms divided by the mask's area" };
        var cross = new Option<bool>("--cross") { Description = "LoRA in cross-attention alone" };
        var rank = new Option<int>("--rank") { Description = "LoRA's rank", DefaultValueFactory = _ => 4 };
        var samples = new Option<int>("--samples") { Description = "Pictures a scene", DefaultValueFactory = _ => 4 };
        var seed = new Option<long>("--seed") { Description = "Seed", DefaultValueFactory = _ => 1 };
        var command = new Command("quality", "Implants samples into toyworld-64 and compares with the frozen model")
        {
            objects,
            scenes,
            rate,
            steps,
            constant,
            area,
            cross,
            rank,
            samples,
            seed,
        };
        command.SetAction(parsed =>
        {
            var root = FindRoot();
            var model = ModelFolder.Open(Path.Combine(root, "models", "toyworld-64")).Defaults;
            var options = new ImplantationOptions
            {
                Name = "",
                Seed = parsed.GetValue(seed),
                Vectors = model.Vectors!.Value,
                Steps = parsed.GetValue(steps) ?? model.Steps!.Value,
                LearningRate = parsed.GetValue(rate) ?? model.LearningRate!.Value,
                Schedule = !parsed.GetValue(constant) && model.LearningRateSchedule == "cosine" ? LearningRateSchedule.Cosine : LearningRateSchedule.Constant,
                Rank = parsed.GetValue(rank),
                Alpha = parsed.GetValue(rank),
                CrossAttentionOnly = parsed.GetValue(cross),
                Resolution = model.Resolution!.Value,
                Precision = Precision.Fp32,
                Device = "cpu",
                Prototype = new PrototypeOptions { LearningRate = model.Prototype!.LearningRate!.Value, Steps = model.Prototype.Steps!.Value },
                Objective = new ObjectiveOptions { MaskNormalisation = parsed.GetValue(area) ? MaskNormalisation.Area : MaskNormalisation.Mean },
                PromptTemplate = model.PromptTemplate!,
                SamplesPerPrompt = parsed.GetValue(samples),
                SamplingSteps = model.SamplingSteps!.Value,
                GuidanceScale = model.GuidanceScale!.Value,
            };
            var run = new QualityRun(root, parsed.GetValue(scenes)!);
            var lines = new List<QualityLine>();
            foreach (var name in parsed.GetValue(objects)!)
            {
                lines.Add(run.Measure(name, name.Replace("photo-", "", StringComparison.Ordinal), options));
                Console.WriteLine(lines[^1]);
            }

            Console.WriteLine(QualityLine.Mean(lines));
        });
        return command;
    }

    internal static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (Directory.Exists(Path.Combine(folder.FullName, "models", "toyworld-64")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("There is no models/toyworld-64 above the program.");
    }
}
