using System.CommandLine;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Options;

/// <summary>The options of <c>implant</c>.</summary>
internal sealed class ImplantOptions
{
    public Option<string> Image { get; } =
        new("--image")
        {
            Description = "The photo: PNG, JPEG or WebP, any size and orientation.",
            HelpName = "FILE",
            Required = true,
        };

    public Option<string?> Mask { get; } =
        new("--mask") { Description = "The object's mask: white or opaque where the object is; soft edges stay soft.", HelpName = "FILE" };

    public Option<bool> MaskInvert { get; } = new("--mask-invert") { Description = "Black, or transparent, marks the object." };

    public Option<MaskValue?> MaskValue { get; } =
        new("--mask-value")
        {
            Description = "The one value of the mask that marks the object: its grey, its index in a picture with a palette, or its colour.",
            HelpName = "N|RRGGBB",
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result =>
            {
                if (Compute.Imaging.MaskValue.Parse(result.Tokens[^1].Value) is { } value)
                {
                    return value;
                }

                result.AddError(
                    $"--mask-value must be a whole number from 0 to {Compute.Imaging.MaskValue.Largest}, or a colour as RRGGBB, but is "
                        + $"'{result.Tokens[^1].Value}'."
                );
                return null;
            },
        };

    public PromptOptions Prompt { get; } = new();

    public Option<string?> Class { get; } = new("--class") { Description = "What the object is, such as cat or \"teddy bear\".", HelpName = "NAME" };

    public Option<string?> Token { get; } =
        new("--token")
        {
            Description = "The identifier that names the object in prompts (default: the class name, as in \"<teddy-bear>\").",
            HelpName = "\"<name>\"",
        };

    public Option<string[]> Object { get; } =
        new("--object")
        {
            Description =
                "Mask, class and identifier of one object, instead of --mask (or --box, --point), --class and --token; repeat it for several objects of the "
                + "photo.",
            HelpName = "mask=FILE[,invert][,value=N]|box=x:y:w:h|point=x:y,class=NAME,token=<name>",
        };

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

    public Option<string?> Name { get; } =
        new("--name") { Description = "Name of the LoRA file (default: the identifier without brackets).", HelpName = "NAME" };

    public Option<string?> Out { get; } =
        new("--out") { Description = "Folder that gets the result; files of the same names are replaced, others stay.", HelpName = "DIR" };

    public Option<string?> Owner { get; } =
        new("--owner")
        {
            Description = "Whose job it is: slots are shared fairly between owners, such as --owner anna (default: local; over a server, the key says).",
            HelpName = "NAME",
        };

    public Option<long?> Priority { get; } =
        NumberOptions.Whole("--priority", -100, 100, "Priority among the owner's jobs, higher first, such as --priority 5.", 0);

    public MetadataOption Metadata { get; } = new("Something to find the job by (jobs list --metadata)");

    public Option<bool> Detach { get; } =
        new("--detach") { Description = "Submits the job, prints its id, and does not wait; a server, a cluster or oneshot serve works on it." };

    public Option<bool> DryRun { get; } =
        new("--dry-run") { Description = "Only checks everything and says what the job would take: device, minutes, memory, uploads. Nothing is created." };

    public SessionOptions Session { get; } = new(server: true);

    public Option<string> Format { get; } = FormatOption.Create();

    /// <summary>Adds all options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Add(Image, Mask, MaskInvert, MaskValue, Prompt.Box, Prompt.Points, Class, Token, Object, Out, Model, Clip, Name, Seed);
        Samples.AddTo(command);
        Training.AddTo(command);
        Method.AddTo(command);
        command.Add([Owner, Priority, Metadata, Detach, DryRun, .. Session.All, Format]);
    }
}
