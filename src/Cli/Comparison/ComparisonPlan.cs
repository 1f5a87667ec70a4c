using System.CommandLine;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>A checked <c>compare</c>: every line is read and the headers of the pictures are looked at; nothing is created yet.</summary>
internal sealed record ComparisonPlan
{
    private const int MostPicturesAPrompt = 10;
    private const int TuningShare = 4;
    private const long TuningSeed = 1;

    private static readonly string[] s_prompts =
    [
        "a photo of {token} on the beach",
        "a photo of {token} in the snow",
        "a photo of {token} in a forest",
        "a photo of {token} in the city",
    ];

    /// <summary>The manifest as it was given.</summary>
    public required string Manifest { get; init; }

    /// <summary>Absolute path of the folder of everything.</summary>
    public required string Out { get; init; }

    /// <summary>Absolute path of the file that gets tables and small pictures; null: none.</summary>
    public string? Results { get; init; }

    /// <summary>The base model.</summary>
    public required ModelChoice Model { get; init; }

    /// <summary>The DINO; null without one.</summary>
    public ModelEntry? Dino { get; init; }

    /// <summary>The rows.</summary>
    public required IReadOnlyList<ComparedMethod> Methods { get; init; }

    /// <summary>Whether each method's settings are chosen on tuning objects; else all have the same.</summary>
    public required bool IsTuned { get; init; }

    /// <summary>The objects of the table.</summary>
    public required IReadOnlyList<DatasetItemPlan> Objects { get; init; }

    /// <summary>The objects that settings are chosen by; none of them is in the table.</summary>
    public required IReadOnlyList<DatasetItemPlan> TuningObjects { get; init; }

    /// <summary>Trainings of each object by each method.</summary>
    public required int Seeds { get; init; }

    /// <summary>Most trainings at once; null: as many as there are slots.</summary>
    public int? Parallel { get; init; }

    /// <summary>Pictures that are encoded at once.</summary>
    public required int Batch { get; init; }

    /// <summary>What items train and draw with that say nothing else.</summary>
    public required ItemOptions Standard { get; init; }

    /// <summary>The command that goes on with the work.</summary>
    public required string Command { get; init; }

    /// <summary>What results are known by.</summary>
    public ComparisonStamps Stamps => field ??= new ComparisonStamps(this);

    /// <summary>paper or tuned.</summary>
    public string Preset => IsTuned ? ComparisonOptions.Tuned : ComparisonOptions.Paper;

    /// <summary>The model's defaults.</summary>
    public ModelDefaults Defaults => Model.Folder.Defaults;

    /// <summary>The grid of each method that has one, in the order of the table.</summary>
    public IReadOnlyList<(ComparedMethod Method, IReadOnlyList<MethodSettings> Grid)> Grids =>
        [.. Methods.Where(method => method.SettingsId == method.Id).Select(method => (method, MethodSettings.GridOf(method.Options.Name, Defaults)))];

    /// <summary>The trainings that settings are chosen by.</summary>
    public IReadOnlyList<ComparisonCell> TuningCells() =>
        !IsTuned
            ? []
            :
            [
                .. TuningObjects.SelectMany(item =>
                    Grids.SelectMany(one => one.Grid.Select((settings, i) => ComparisonCell.OfGrid(item, one.Method, settings, i + 1, TuningSeed)))
                ),
            ];

    /// <summary>The settings of each row.</summary>
    /// <param name="chosen">What tuning has chosen, a setting's number from 1 by method; of a method that it has not, its own settings hold.</param>
    public IReadOnlyDictionary<string, MethodSettings> SettingsOf(IReadOnlyDictionary<string, int> chosen)
    {
        var paper = MethodSettings.OfPaper(Defaults, Standard.Training.LearningRate, Standard.Training.Steps);
        return Methods.ToDictionary(method => method.Id, method => (IsTuned ? Tuned(method) : paper).With(method.Change));

        MethodSettings Tuned(ComparedMethod method) =>
            MethodSettings.GridOf(method.Options.Name, Defaults)[chosen.GetValueOrDefault(method.SettingsId, MethodSettings.OwnNumber) - 1];
    }

    /// <summary>The trainings of the table, an object after another, so that what there is after a while can be compared.</summary>
    /// <param name="settings">The settings of each row.</param>
    public IReadOnlyList<ComparisonCell> TableCells(IReadOnlyDictionary<string, MethodSettings> settings) =>
        [
            .. Objects.SelectMany(item =>
                Enumerable.Range(1, Seeds).SelectMany(seed => Methods.Select(method => ComparisonCell.OfTable(item, method, settings[method.Id], seed)))
            ),
        ];

    /// <summary>The seeds whose noise the frozen model draws from, for objects of the table or of tuning.</summary>
    /// <param name="isTuning">Whether it is for tuning.</param>
    public IReadOnlyList<long> SeedsOf(bool isTuning) => isTuning ? [TuningSeed] : [.. Enumerable.Range(1, Seeds).Select(seed => (long)seed)];

    /// <summary>Checks a command line.</summary>
    /// <param name="options">The options.</param>
    /// <param name="parsed">Their values.</param>
    /// <param name="target">Where trainings run.</param>
    /// <param name="context">The command; told of each bad line.</param>
    /// <exception cref="InvalidInputException">Something can't be used.</exception>
    public static async Task<ComparisonPlan> MakeAsync(ComparisonOptions options, ParseResult parsed, SessionTarget target, CommandContext context)
    {
        var folder = ResultFolder.Check(parsed.GetRequiredValue(options.Out));
        var results = parsed.GetValue(options.Results) is { } file ? OutputPath.FileOf(file, "results", "Name a Markdown file.") : null;
        IReadOnlyList<ComparedMethod> methods =
        [
            .. ComparedMethod.Parse(parsed.GetRequiredValue(options.Methods)),
            .. VariantOption.Read(parsed.GetValue(options.Variants)),
        ];
        var isTuned = parsed.GetRequiredValue(options.Preset) == ComparisonOptions.Tuned;
        var training = options.ReadTraining(parsed);
        if (isTuned && (training.LearningRate ?? training.Steps) is not null)
        {
            throw new InvalidInputException(
                "--preset tuned chooses learning rate and steps itself.",
                training.LearningRate is null ? "steps" : "lr",
                "Leave --lr and --steps out, or take --preset paper."
            );
        }

        var samples = options.Samples.Read(parsed);
        var standard = new ItemOptions
        {
            Training = training,
            Samples = samples.Prompts.IsDefaultOrEmpty ? samples with { Prompts = [.. s_prompts] } : samples,
        };
        var catalog = context.OpenCatalog(target.Data);
        var (named, clip) = (parsed.GetValue(options.Model), parsed.GetValue(options.Clip));
        var model =
            (target.Server is null ? ModelChoice.Open(catalog, named, clip) : ModelChoice.OpenShipped(catalog, named, clip))
            ?? throw new InvalidInputException(
                $"The model {named} is not one that comes with the program, and a comparison over a server draws and measures with it here.",
                "model",
                "Compare with --cluster or on the server's own machine."
            );
        if (model.Folder.ClipFolder is null && model.Clip is null)
        {
            throw new InvalidInputException($"The model {model.Entry.Name} has no CLIP to measure with.", "clip", "Give one with --clip.");
        }

        var record = new RunRecord
        {
            Key = "",
            Name = "",
            Created = default,
            Manifest = Path.GetFullPath(parsed.GetRequiredValue(options.Manifest)),
            Out = folder,
            Items = 1,
            Model = new ModelReference { Name = model.Entry.Name, Clip = model.Clip?.Name },
            Options = standard,
        };
        var items = await RunSource.ReadAsync(context, record, model);
        foreach (var item in items)
        {
            Require(item);
        }

        var (table, tuning) = Divide(items, isTuned);
        var plan = new ComparisonPlan
        {
            Manifest = parsed.GetRequiredValue(options.Manifest),
            Out = folder,
            Results = results,
            Model = model,
            Dino = parsed.GetValue(options.Dino) is { } dino ? catalog.Find(dino, "dino") : null,
            Methods = methods,
            IsTuned = isTuned,
            Objects = table,
            TuningObjects = tuning,
            Seeds = (int)parsed.GetValue(options.Seeds)!.Value,
            Parallel = (int?)parsed.GetValue(options.Parallel),
            Batch = (int)parsed.GetValue(options.Batch)!.Value,
            Standard = standard,
            Command = ComparisonCommandLine.Of(parsed),
        };
        plan.RequireCells();
        return plan;
    }

    /// <summary>Divides objects: those that settings are chosen by are never in the table, whatever the preset.</summary>
    /// <param name="items">All objects.</param>
    /// <param name="isTuned">Whether settings are to be chosen.</param>
    /// <returns>The table's, and the tuning's.</returns>
    /// <exception cref="InvalidInputException">One part is empty.</exception>
    internal static (IReadOnlyList<DatasetItemPlan> Table, IReadOnlyList<DatasetItemPlan> Tuning) Divide(IReadOnlyList<DatasetItemPlan> items, bool isTuned)
    {
        var isSaid = items.Any(item => item.Split == ManifestSplit.Tuning);
        var quarter = isSaid || !isTuned ? 0 : (items.Count + TuningShare - 1) / TuningShare;
        List<DatasetItemPlan> tuning = isSaid ? [.. items.Where(item => item.Split == ManifestSplit.Tuning)] : [.. items.Take(quarter)];
        List<DatasetItemPlan> table = [.. items.Except(tuning)];
        return table.Count > 0
            ? (table, tuning)
            : throw new InvalidInputException(
                "The manifest has no object for the table: all are for tuning.",
                "manifest",
                isSaid ? "Leave \"split\": \"tuning\" out of some lines." : "Add objects; of n, the first quarter is for tuning."
            );
    }

    // What runs of a dataset can do and a table can't show.
    private static void Require(DatasetItemPlan item)
    {
        if (item.Objects.Count != 1)
        {
            throw new InvalidInputException(
                $"The line {item.Id} has {item.Objects.Count} objects; a comparison measures one a line.",
                "manifest",
                "Write a line for each object, with its own mask."
            );
        }

        if (item.Options.Samples.PerPrompt is < 1 or > MostPicturesAPrompt)
        {
            throw new InvalidInputException(
                $"{item.Id} draws {item.Options.Samples.PerPrompt} pictures a prompt; a comparison takes from 1 to {MostPicturesAPrompt}.",
                "samples",
                "Give --samples N."
            );
        }

        if (item.Options.Samples.Prompts.FirstOrDefault(prompt => !prompt.Contains(item.Tokens[0], StringComparison.OrdinalIgnoreCase)) is { } other)
        {
            throw new InvalidInputException(
                $"The prompt \"{other}\" of {item.Id} does not name the object, so all methods would draw the same.",
                "prompt",
                "Write {token} where the object is to be."
            );
        }

        ImageReader.ReadHeader(item.Image, "image");
        if (item.Objects[0].Mask is { } mask)
        {
            ImageReader.ReadHeader(mask, "mask");
        }
    }

    private void RequireCells()
    {
        var cells = TuningCells().Concat(TableCells(SettingsOf(new Dictionary<string, int>()))).ToList();
        if (cells.MaxBy(cell => cell.Id.Length) is { } longest && DatasetRules.FindInId("id", longest.Id).Any())
        {
            throw new InvalidInputException(
                $"The id {longest.Item.Id} is too long: a training would be called {longest.Id}, and names have {TextRules.NameForm}.",
                "manifest",
                "Shorten it."
            );
        }

        if (cells.Count > DatasetRules.MostItems)
        {
            throw new InvalidInputException(
                string.Create(CultureInfo.InvariantCulture, $"These are {cells.Count:N0} trainings; a run has {DatasetRules.MostItems:N0} at most."),
                "seeds",
                "Take fewer objects, methods or seeds."
            );
        }
    }
}
