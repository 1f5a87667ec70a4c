using System.CommandLine;

namespace OrleansOneShot.Cli.Options;

/// <summary>The options of <c>mask</c>.</summary>
internal sealed class MaskOptions
{
    public Option<string> Image { get; } =
        new("--image")
        {
            Description = "The photo: PNG, JPEG or WebP, any size and orientation.",
            HelpName = "FILE",
            Required = true,
        };

    public PromptOptions Prompt { get; } = new();

    public Option<string> Method { get; } = new ChoiceOption("--method", "grabcut needs no weights; sam takes the two files below.", "grabcut", "sam");

    public Option<string?> SamEncoder { get; } = new("--sam-encoder") { Description = "SAM's image encoder as ONNX.", HelpName = "FILE" };

    public Option<string?> SamDecoder { get; } = new("--sam-decoder") { Description = "SAM's prompt decoder as ONNX.", HelpName = "FILE" };

    public Option<string> Out { get; } =
        new("--out")
        {
            Description = "The mask: a PNG of the upright photo's size.",
            HelpName = "FILE",
            Required = true,
        };

    public Option<string?> Preview { get; } =
        new("--preview") { Description = "A look at it: the photo, dark outside the object (default: beside the mask, NAME.preview.png).", HelpName = "FILE" };

    public DataOption Data { get; } = new();

    public Option<string> Format { get; } = FormatOption.Create();

    /// <summary>Adds all options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Options.Add(Image);
        Prompt.AddTo(command);
        command.Add(Method, SamEncoder, SamDecoder, Out, Preview, Data, Format);
    }
}
