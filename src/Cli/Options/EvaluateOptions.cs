using System.CommandLine;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Options;

/// <summary>The options of <c>evaluate</c>.</summary>
internal sealed class EvaluateOptions
{
    /// <summary>Pictures that are encoded at once where nothing else is said.</summary>
    public const int DefaultBatch = 16;

    public Option<string> Images { get; } = Folder("--images", "Folder of the pictures to measure: PNG, JPEG or WebP, in the order of their names.", true)!;

    public Option<string> Reference { get; } =
        new("--reference")
        {
            Description = "What they are compared with: a photo of the object, or a folder of photos, over which figures are averaged.",
            HelpName = "DIR|FILE",
            Required = true,
        };

    public Option<string?> Mask { get; } =
        new("--mask")
        {
            Description = "The photo's mask; of a folder of photos, a folder of masks by the same names. Without it figures of the object alone are left out.",
            HelpName = "DIR|FILE",
        };

    public Option<string> Prompts { get; } =
        new("--prompts")
        {
            Description =
                "What the pictures were drawn for: one prompt a line in the order of names (one line alone holds for all), lines NAME<tab>PROMPT, or JSON "
                + "lines {\"image\", \"prompt\"}.",
            HelpName = "FILE",
            Required = true,
        };

    public Option<string?> Class { get; } =
        new("--class") { Description = "Class name that stands for <identifiers> in prompts (default: the word between the brackets).", HelpName = "NAME" };

    public Option<string?> ClassImages { get; } =
        Folder("--class-images", "Folder of what the model alone draws for these prompts with the class name, by the same names: gives floor, ceiling, KID.");

    public Option<string?> Clip { get; } =
        new("--clip")
        {
            Description = "A CLIP's folder or a base model's (default: the CLIP of toyworld-64, which knows the pictures of that model alone).",
            HelpName = "MODEL",
        };

    public Option<string?> Dino { get; } =
        new("--dino") { Description = "A DINO's folder, such as facebook/dino-vits16's or dinov2-small's.", HelpName = "MODEL" };

    public Option<long?> Batch { get; } = NumberOptions.Whole("--batch", 1, 256, "Pictures that a model encodes at once.", DefaultBatch);

    public Option<string> Device { get; } = new DeviceOption(new OptionAttribute("--device", "auto, cpu or cuda:N.") { Form = "DEVICE" }, Devices.Auto);

    public Option<string> Out { get; } =
        new("--out")
        {
            Description = "The figures as one JSON document.",
            HelpName = "FILE",
            Required = true,
        };

    public DataOption Data { get; } = new();

    public Option<string> Format { get; } = FormatOption.Create();

    /// <summary>Adds all options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command) => command.Add(Images, Reference, Mask, Prompts, Class, ClassImages, Clip, Dino, Batch, Device, Out, Data, Format);

    private static Option<string?> Folder(string name, string description, bool required = false) =>
        new(name)
        {
            Description = description,
            HelpName = "DIR",
            Required = required,
        };
}
