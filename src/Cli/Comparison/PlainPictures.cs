using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>
/// What the frozen model draws for the prompts with the class word, from the noise of the trainings' seeds: the floor of every figure, and what the ceiling is
/// pasted over. Each is drawn once, for all methods, and stays in the comparison's folder.
/// </summary>
/// <param name="plan">The comparison.</param>
/// <param name="data">Where precisions that were measured are remembered.</param>
internal sealed class PlainPictures(ComparisonPlan plan, DataFolder data)
{
    private const string Folder = "floor";
    private const int NameBytes = 8;

    /// <summary>Side of pictures in pixels: that of trainings.</summary>
    /// <param name="plan">The comparison.</param>
    /// <param name="item">The object.</param>
    public static int SideOf(ComparisonPlan plan, DatasetItemPlan item) => item.Options.Training.Resolution ?? plan.Defaults.Resolution ?? Defaults.Resolution;

    /// <summary>A prompt with the class word in place of the identifier.</summary>
    /// <param name="item">The object.</param>
    /// <param name="prompt">The prompt.</param>
    public static string WithClass(DatasetItemPlan item, string prompt) => prompt.Replace(item.Tokens[0], item.Classes[0], StringComparison.OrdinalIgnoreCase);

    /// <summary>The files of a prompt's pictures; they need not be there yet.</summary>
    /// <param name="item">The object.</param>
    /// <param name="prompt">The prompt, with the identifier.</param>
    /// <param name="seed">The seed.</param>
    /// <returns>Absolute paths, in the order of the noise.</returns>
    public IReadOnlyList<string> FilesOf(DatasetItemPlan item, string prompt, long seed) => FilesOf(SeriesOf(item, seed), WithClass(item, prompt));

    /// <summary>Draws what is not there yet.</summary>
    /// <param name="items">The objects.</param>
    /// <param name="seeds">The seeds.</param>
    /// <param name="observe">Called with (steps done, steps in all, pictures in all) of what is to be drawn.</param>
    /// <param name="say">Told what people should read.</param>
    /// <param name="cancellationToken">Stops between two steps; what is drawn stays.</param>
    public void Draw(
        IReadOnlyList<DatasetItemPlan> items,
        IReadOnlyList<long> seeds,
        Action<int, int, int> observe,
        Action<string> say,
        CancellationToken cancellationToken
    )
    {
        var missing = items
            .SelectMany(item =>
                seeds.SelectMany(seed => item.Options.Samples.Prompts.Select(prompt => (Series: SeriesOf(item, seed), Prompt: WithClass(item, prompt))))
            )
            .Distinct()
            .Where(one => !FilesOf(one.Series, one.Prompt).All(File.Exists))
            .GroupBy(one => one.Series, one => one.Prompt)
            .ToList();
        if (missing.Count == 0)
        {
            return;
        }

        var folder = plan.Model.Folder;
        FetchedModel.Require(folder.Name, folder.Path);
        var (all, pictures, before) = (missing.Sum(some => some.Count() * some.Key.Steps), missing.Sum(some => some.Count() * some.Key.Count), 0);
        foreach (var some in missing)
        {
            var began = before;
            Draw(some.Key, [.. some], (done, _) => observe(began + done, all, pictures), say, cancellationToken);
            before += some.Count() * some.Key.Steps;
        }
    }

    private void Draw(Series series, IReadOnlyList<string> prompts, Action<int, int> observe, Action<string> say, CancellationToken cancellationToken)
    {
        var folder = plan.Model.Folder;
        var device = TorchDevices.Resolve(series.Device);
        var drawn = new PictureSeries
        {
            Model = folder,
            Prompts = prompts,
            Steps = series.Steps,
            Scheduler = series.Scheduler,
            Guidance = series.Guidance,
            Seed = series.Seed,
            Count = series.Count,
            Width = series.Side,
            Height = series.Side,
            Precision = new PrecisionChooser(data).Decide(series.Precision, folder, series.Side, device, say: null),
            Device = device,
        }.Draw(observe, _ => { }, say, cancellationToken);
        foreach (var picture in drawn)
        {
            ComparisonFiles.Write(FilesOf(series, picture.Settings.Prompt)[picture.Settings.Index], picture.ToPng());
        }
    }

    private List<string> FilesOf(Series series, string prompt)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{plan.Stamps.Model}|{series}|{prompt}"))[..NameBytes]);
        return
        [
            .. Enumerable
                .Range(0, series.Count)
                .Select(i => Path.Combine(plan.Out, Folder, string.Create(CultureInfo.InvariantCulture, $"s{series.Seed}-{hash}-{i}.png"))),
        ];
    }

    private Series SeriesOf(DatasetItemPlan item, long seed)
    {
        var (samples, training, defaults) = (item.Options.Samples, item.Options.Training, plan.Defaults);
        return new Series(
            samples.Scheduler,
            samples.Steps ?? defaults.SamplingSteps ?? Defaults.SamplingSteps,
            samples.GuidanceScale ?? defaults.GuidanceScale ?? Defaults.GuidanceScale,
            samples.PerPrompt,
            SideOf(plan, item),
            training.Precision,
            training.Device,
            seed
        );
    }

    // What pictures of one loaded model have in common.
    private sealed record Series(string Scheduler, int Steps, double Guidance, int Count, int Side, Precision Precision, string Device, long Seed);
}
