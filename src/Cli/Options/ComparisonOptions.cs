using System.CommandLine;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Options;

/// <summary>The options of <c>compare</c>.</summary>
internal sealed class ComparisonOptions
{
    /// <summary>Seeds an object where nothing else is said.</summary>
    public const int UsualSeeds = 3;

    /// <summary>One learning rate and step count for all.</summary>
    public const string Paper = "paper";

    /// <summary>Each method's best of a grid.</summary>
    public const string Tuned = "tuned";

    private const int MostSeeds = 99;

    public Option<string> Manifest { get; } =
        new("--manifest")
        {
            Description =
                "The objects, a JSON object a line, each with one object: {\"id\", \"image\", \"objects\": [{\"mask\" or \"box\", \"class\"}], \"prompts\"}. "
                + "Lines with \"split\": \"tuning\" are for --preset tuned alone, and for no table; without such lines the first quarter is.",
            HelpName = "FILE",
            Required = true,
        };

    public Option<string> Methods { get; } =
        new("--methods")
        {
            Description = $"What is compared: all, or some of {string.Join(',', ComparedMethod.All.Select(method => method.Id))}.",
            HelpName = "all|NAME,...",
            DefaultValueFactory = _ => ComparedMethod.Usual,
        };

    public VariantOption Variants { get; } = new();

    public Option<string> Preset { get; } =
        new ChoiceOption(
            "--preset",
            "paper: one learning rate and step count for all methods, the model's or those given; tuned: each method's best from a grid on tuning objects.",
            [Paper, Tuned]
        );

    public Option<long?> Seeds { get; } =
        NumberOptions.Whole("--seeds", 1, MostSeeds, "Trainings of each object by each method, from the seeds 1 to N.", UsualSeeds);

    public Option<string> Out { get; } =
        new("--out")
        {
            Description =
                "Folder of everything: trainings, pictures, results.md and results.json. The same command goes on where it was; with other rows, objects or seeds only what is not there yet is trained. Measured is each time.",
            HelpName = "DIR",
            Required = true,
        };

    public Option<string?> Results { get; } =
        new("--results")
        {
            Description = "A Markdown file that gets tables and small pictures, such as --results docs/RESULTS.md; what it has of the other preset stays.",
            HelpName = "FILE",
        };

    public Option<bool> DryRun { get; } = new("--dry-run") { Description = "Says how many trainings there are and about how long they take; trains nothing." };

    public Option<long?> Parallel { get; } =
        NumberOptions.Whole("--parallel", 1, DatasetRules.MostParallel, "Most trainings at once (default: as many as there are slots, and one that waits).");

    public Option<string?> Model { get; } =
        new("--model") { Description = "A known model's name, or the path of a diffusers folder (default: toyworld-64).", HelpName = "MODEL" };

    public Option<string?> Clip { get; } =
        new("--clip") { Description = "The CLIP of the joint space, when the model's folder has none; it measures too.", HelpName = "FOLDER" };

    public Option<string?> Dino { get; } =
        new("--dino") { Description = "A DINO's folder, such as facebook/dino-vits16's or dinov2-small's.", HelpName = "MODEL" };

    public Option<long?> Batch { get; } = NumberOptions.Whole("--batch", 1, 256, "Pictures that a model encodes at once.", EvaluateOptions.DefaultBatch);

    /// <summary>What of the training can be chosen: the rest is the method's, and is the same for all.</summary>
    public IReadOnlyList<RecipeOption> Training { get; } =
    [
        Of<TrainingOptions>(options => options.LearningRate),
        Of<TrainingOptions>(options => options.Steps),
        Of<TrainingOptions>(options => options.Resolution),
        Of<TrainingOptions>(options => options.Precision),
        Of<TrainingOptions>(options => options.Device),
    ];

    /// <summary>The pictures to draw and to measure.</summary>
    public RecipeOptions<SampleOptions> Samples { get; } = new();

    public SessionOptions Session { get; } = new(server: true);

    /// <summary>Adds all options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Add(Manifest, Methods, Variants, Preset, Seeds, Out, Results, DryRun, Parallel, Model, Clip, Dino, Batch);
        command.Add(Training.Select(option => option.Option));
        Samples.AddTo(command);
        command.Add([.. Session.All, FormatOption.Create()]);
    }

    /// <summary>The options of the training.</summary>
    /// <param name="parsed">The command line.</param>
    public TrainingOptions ReadTraining(ParseResult parsed)
    {
        var training = new TrainingOptions();
        foreach (var option in Training)
        {
            option.Set(training, parsed);
        }

        return training;
    }

    private static RecipeOption Of<T>(System.Linq.Expressions.Expression<Func<T, object?>> property)
        where T : new() => RecipeOption.Create(Setting.Of(property), new T());
}
