using System.CommandLine;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Contracts.Requests;

namespace OrleansOneShot.Cli.Options;

/// <summary>The options of <c>implant</c>.</summary>
internal sealed class ImplantOptions
{
    private const int LargestSide = 4096;

    public Option<string> Image { get; } = new("--image") { Description = "The photo: PNG, JPEG or WebP, any size and orientation.", HelpName = "FILE", Required = true };

    public Option<string?> Mask { get; } = new("--mask") { Description = "The object's mask: white or opaque where the object is; soft edges stay soft.", HelpName = "FILE" };

    public Option<bool> MaskInvert { get; } = new("--mask-invert") { Description = "Black, or transparent, marks the object." };

    public Option<MaskValue?> MaskValue { get; } = new("--mask-value")
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

            result.AddError($"--mask-value must be a whole number from 0 to {Compute.Imaging.MaskValue.Largest}, or a colour as RRGGBB, but is '{result.Tokens[^1].Value}'.");
            return null;
        },
    };

    public PromptOptions Prompt { get; } = new();

    public Option<string?> Class { get; } = new("--class") { Description = "What the object is, such as cat or \"teddy bear\".", HelpName = "NAME" };

    public Option<string?> Token { get; } = new("--token") { Description = "The identifier that names the object in prompts (default: the class name, as in \"<teddy-bear>\").", HelpName = "\"<name>\"" };

    public Option<string[]> Object { get; } = new("--object")
    {
        Description = "Mask, class and identifier of one object, instead of --mask (or --box, --point), --class and --token; repeat it for several objects of the photo.",
        HelpName = "mask=FILE[,invert][,value=N]|box=x:y:w:h|point=x:y,class=NAME,token=<name>",
    };

    public Option<string?> Model { get; } = new("--model") { Description = "A known model's name, or the path of a diffusers folder (default: toyworld-64).", HelpName = "MODEL" };

    public Option<string?> Clip { get; } = new("--clip") { Description = "The CLIP of the joint space, when the model's folder has none.", HelpName = "FOLDER" };

    public Option<long?> Steps { get; } = NumberOptions.Whole("--steps", 1, 100_000, "Training steps (default: the model's, else 100).");

    public Option<long?> Rank { get; } = NumberOptions.Whole("--rank", 1, 256, "LoRA's rank.", 4);

    public Option<double?> Alpha { get; } = NumberOptions.Real("--alpha", value => value is > 0 and <= 1024, "above 0 and at most 1024", "LoRA's alpha (default: the rank).");

    public Option<LoraLayers> Targets { get; } = new TargetsOption();

    public Option<double?> LearningRate { get; } =
        NumberOptions.Real("--lr", value => value is > 0 and <= 1, "above 0 and at most 1", "Learning rate (default: the model's, else 1e-4).");

    public Option<string> LearningRateSchedule { get; } =
        new ChoiceOption("--lr-schedule", "How the learning rate changes over the steps: auto is the model's default, else constant.", "auto", "constant", "cosine");

    public Option<long?> Seed { get; } = NumberOptions.Whole("--seed", 0, long.MaxValue, "Seed of everything random.", 0);

    public Option<long?> Vectors { get; } = NumberOptions.Whole("--vectors", 1, 16, "Learned vectors of each identifier (default: the model's, else 4).");

    public Option<long?> Subset { get; } = NumberOptions.Whole("-k", 1, RequestValidator.MaxObjects, "Objects drawn in each step (default: 2, or all if there are fewer).");

    public Option<string> MaskNormalisation { get; } =
        new ChoiceOption("--mask-normalisation", "mean: as the paper; area: small objects weigh as much as large ones.", "mean", "area");

    public Option<string> ObjectView { get; } =
        new ChoiceOption("--object-view", "What the masked term of one of several objects sees: the crop that holds all, as in the paper, or a crop of its own, which helps small objects.", "shared", "own");

    public Option<FanOutOptions> FanOut { get; } = new FanOutOption();

    public Option<long?> MicroBatch { get; } =
        NumberOptions.Whole("--micro-batch", 1, 64, "Terms that share a forward and backward pass (default: all of a step, fewer where memory is short).");

    public Option<long?> Resolution { get; } = NumberOptions.Whole("--resolution", 8, LargestSide, "Side of the training crop in pixels (default: the model's, else 512).");

    public Option<string> Precision { get; } = DeviceOptions.Precision();

    public Option<string> Device { get; } = DeviceOptions.Device();

    public Option<string[]> Prompts { get; } = new("--prompt")
    {
        Description = "A picture to draw afterwards, such as \"a <cat> on the beach\"; repeatable (default: the object on a few scenes).",
        HelpName = "TEXT",
        AllowMultipleArgumentsPerToken = true,
    };

    public Option<long?> Samples { get; } = NumberOptions.Whole("--samples", 0, 64, "Pictures a prompt.", 2);

    public Option<string?> Name { get; } = new("--name") { Description = "Name of the LoRA file (default: the identifier without brackets).", HelpName = "NAME" };

    public Option<string?> Out { get; } = new("--out") { Description = "Folder that gets the result; files of the same names are replaced, others stay.", HelpName = "DIR" };

    public SessionOptions Session { get; } = new();

    public Option<bool> NoPrototype { get; } = new("--no-prototype") { Description = "Start from the class's own vectors (ablation; needs no CLIP)." };

    public Option<bool> NoClassLoss { get; } = new("--no-class-loss") { Description = "Without the class-characterizing loss (ablation; needs no CLIP)." };

    public Option<bool> NoObjectLoss { get; } = new("--no-object-loss") { Description = "Without the object-specific loss (ablation)." };

    public Option<string> Format { get; } = FormatOption.Create();

    /// <summary>Adds all options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            Image, Mask, MaskInvert, MaskValue, Prompt.Box, Prompt.Points, Class, Token, Object, Prompts, Out, Model, Clip, Steps, Samples, Seed, LearningRate, LearningRateSchedule, Rank, Alpha, Targets, Vectors, Subset, MaskNormalisation, ObjectView, Resolution,
            FanOut, MicroBatch, Precision, Device, Name, NoPrototype, NoClassLoss, NoObjectLoss, Session.Data, Session.Cluster, Format,
        })
        {
            command.Options.Add(option);
        }
    }
}
