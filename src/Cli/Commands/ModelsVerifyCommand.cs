using System.CommandLine;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot models verify</c>.</summary>
internal sealed class ModelsVerifyCommand : OneShotCommand
{
    private readonly Argument<string> _model = new("MODEL") { Description = "A known model's name, or the path of a diffusers folder." };

    private readonly Option<string?> _clip = new("--clip")
    {
        Description = "The CLIP of the joint space, when the model's folder has none.",
        HelpName = "FOLDER",
    };

    private readonly DataOption _data = new();

    public ModelsVerifyCommand(CliStreams streams)
        : base(
            "verify",
            "Checks every weight of a model: names, shapes, types, finite values.",
            streams,
            "oneshot models verify toyworld-64",
            "oneshot models verify ~/models/sd15"
        )
    {
        Arguments.Add(_model);
        Options.Add(_clip);
        Options.Add(_data);
        Options.Add(FormatOption.Create());
    }

    /// <summary>Checks a model.</summary>
    /// <param name="folder">The opened folder.</param>
    /// <returns>A check a part, and one of the scheduler.</returns>
    public static IReadOnlyList<CheckDocument> Verify(ModelFolder folder) => [.. folder.Verify().Parts.Select(CheckOf), CheckScheduler(folder)];

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context) =>
        CheckText.Write(context, await LoneWork.RunAsync(() => Verify(parsed, context), context.Interrupt));

    private IReadOnlyList<CheckDocument> Verify(ParseResult parsed, CommandContext context)
    {
        var catalog = context.OpenCatalog(_data.Resolve(parsed));
        var entry = catalog.Find(parsed.GetRequiredValue(_model));
        if (entry.Kind == ModelKind.Clip)
        {
            return [CheckOf(ModelFolder.VerifyClip(entry.Folder))];
        }

        var clip = parsed.GetValue(_clip) is { } given ? catalog.Find(given, "clip").Folder : null;
        return Verify(ModelFolder.Open(entry.Folder, clip));
    }

    private static CheckDocument CheckScheduler(ModelFolder folder)
    {
        try
        {
            SamplingCheck.Require(folder, Defaults.Scheduler, null, draws: true);
            var config = SchedulerConfig.Load(folder.SchedulerFile);
            return new CheckDocument(
                "scheduler",
                true,
                $"{Wording.Cut(config.ClassName ?? "(no class)", Wording.LongestItem)}, draws with "
                    + $"{Wording.List(Samplers.Names.Where(name => CanDraw(folder, name)))}"
            );
        }
        catch (InvalidInputException e)
        {
            return new CheckDocument("scheduler", false, e.Message);
        }
    }

    private static bool CanDraw(ModelFolder folder, string scheduler)
    {
        try
        {
            SamplingCheck.Require(folder, scheduler, null, draws: true);
            return true;
        }
        catch (InvalidInputException)
        {
            return false;
        }
    }

    private static CheckDocument CheckOf(ModelPartReport part) =>
        new(
            part.Part,
            part.Problems.Count == 0,
            part.Problems.Count == 0
                ? string.Create(CultureInfo.InvariantCulture, $"{part.Tensors} tensors, {part.Parameters:N0} weights, {Wording.List(part.ElementTypes)}")
                : Wording.Bounded(string.Join(" ", part.Problems))
        );
}
