using System.CommandLine;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Options;

/// <summary>The options of <c>generate</c>.</summary>
internal sealed class GenerateOptions
{
    public Option<string[]> Prompts { get; } =
        new("--prompt")
        {
            Description = "What a picture shows; repeatable, may be empty.",
            HelpName = "TEXT",
            Required = true,
        };

    public Option<string?> Negative { get; } = new("--negative") { Description = "What the pictures should not show.", HelpName = "TEXT" };

    public Option<string?> Model { get; } =
        new("--model")
        {
            Description = "A known model's name, or the path of a diffusers folder (default: the implantation's, else toyworld-64).",
            HelpName = "MODEL",
        };

    public Option<string[]> Loras { get; } =
        new("--lora")
        {
            Description = "A LoRA file (also LoCon, LoHa, LoKr, DoRA), kohya's or diffusers' layout, with its scale; repeatable.",
            HelpName = "FILE[:SCALE]",
        };

    public Option<string[]> Embeddings { get; } =
        new("--embedding")
        {
            Description = "A file of learned tokens, called by its <token> or its file name in prompts, or by another name; repeatable.",
            HelpName = "FILE[:NAME]",
        };

    public Option<string?> Implantation { get; } =
        new("--implantation")
        {
            Description = "A finished job or its result's folder (over a server, a job of the server): takes its LoRA and its tokens.",
            HelpName = "ID|DIR",
        };

    /// <summary>How pictures are drawn.</summary>
    public RecipeOptions<GenerationOptions> Generation { get; } = new();

    public Option<string?> Latents { get; } =
        new("--latents") { Description = "Start from this noise: a file with the tensor latents (N, 4, h, w), unit normal.", HelpName = "FILE" };

    public Option<string> Out { get; } =
        new("--out")
        {
            Description = "Folder that gets one PNG a picture.",
            HelpName = "DIR",
            Required = true,
        };

    /// <summary>Where pictures are drawn: here, or by a server.</summary>
    public SessionOptions Session { get; } = new(server: true, cluster: false);

    public DataOption Data => Session.Data;

    public Option<string> Format { get; } = FormatOption.Create();

    /// <summary>Adds all options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Add(Prompts, Negative, Implantation, Out, Model, Loras, Embeddings);
        Generation.AddTo(command);
        command.Add(Latents);
        Session.AddTo(command);
        command.Add(Format);
    }
}
