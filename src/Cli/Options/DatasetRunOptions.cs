using System.CommandLine;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Options;

/// <summary>The options of <c>dataset run</c>: where items come from, and what <c>implant</c> has that all of them can share.</summary>
internal sealed class DatasetRunOptions
{
    public Option<string?> Manifest { get; } =
        new("--manifest")
        {
            Description =
                "The items, a JSON object a line: {\"id\", \"image\", \"objects\": [{\"mask\" or \"box\", \"class\", \"token\"}], \"prompts\", \"options\"}. "
                + "Paths are relative to this file, and options as in a result's request.json.",
            HelpName = "FILE",
        };

    public Option<string?> DreamBooth { get; } =
        new("--dreambooth")
        {
            Description =
                "A folder with a subfolder of photos for each subject, and classes in prompts_and_classes.txt. The first photo by name is learned from; its "
                + "mask is mask.png beside it, else it is cut.",
            HelpName = "DIR",
        };

    public Option<string> Out { get; } =
        new("--out")
        {
            Description = "Folder that gets a folder for each item, and report.html, report.csv and report.jsonl.",
            HelpName = "DIR",
            Required = true,
        };

    public Option<long?> Parallel { get; } =
        NumberOptions.Whole("--parallel", 1, DatasetRules.MostParallel, "Most items at once (default: as many as there are slots, and one that waits).");

    public Option<string?> Name { get; } =
        new("--name") { Description = "What the run is called (default: as the manifest or the folder).", HelpName = "NAME" };

    public Option<string?> Model { get; } =
        new("--model") { Description = "A known model's name, or the path of a diffusers folder (default: toyworld-64).", HelpName = "MODEL" };

    public Option<string?> Clip { get; } =
        new("--clip") { Description = "The CLIP of the joint space, when the model's folder has none.", HelpName = "FOLDER" };

    /// <summary>Options of the training.</summary>
    public RecipeOptions<TrainingOptions> Training { get; } = new();

    /// <summary>Options of the method.</summary>
    public RecipeOptions<MethodOptions> Method { get; } = new();

    /// <summary>The pictures to draw at the end.</summary>
    public RecipeOptions<SampleOptions> Samples { get; } = new();

    public Option<long?> Seed { get; } = NumberOptions.Whole(Setting.Of<ImplantationRequest>(request => request.Seed), 0);

    public Option<string?> Owner { get; } =
        new("--owner")
        {
            Description = "Whose run it is: slots are shared fairly between owners, such as --owner anna (default: local; over a server, the key says).",
            HelpName = "NAME",
        };

    public Option<long?> Priority { get; } =
        NumberOptions.Whole("--priority", -100, 100, "Priority of its jobs among the owner's, higher first, such as --priority -5.", 0);

    public MetadataOption Metadata { get; } = new("Something to find the run's jobs by (jobs list --metadata)");

    public SessionOptions Session { get; } = new(server: true);

    /// <summary>Adds all options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Add(Manifest, DreamBooth, Out, Parallel, Name, Model, Clip, Seed);
        Samples.AddTo(command);
        Training.AddTo(command);
        Method.AddTo(command);
        command.Add([Owner, Priority, Metadata, .. Session.All, FormatOption.Create()]);
    }
}
