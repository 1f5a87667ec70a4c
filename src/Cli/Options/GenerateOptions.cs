using System.CommandLine;

namespace OrleansOneShot.Cli.Options;

/// <summary>The options of <c>generate</c>.</summary>
internal sealed class GenerateOptions
{
    private const int LargestSide = 4096;

    public Option<string[]> Prompts { get; } = new("--prompt")
    {
        Description = "What a picture shows; repeatable, may be empty.",
        HelpName = "TEXT",
        Required = true,
        AllowMultipleArgumentsPerToken = true,
    };

    public Option<string?> Negative { get; } = new("--negative") { Description = "What the pictures should not show.", HelpName = "TEXT" };

    public Option<string?> Model { get; } = new("--model")
    {
        Description = "A known model's name, or the path of a diffusers folder (default: the implantation's, else toyworld-64).",
        HelpName = "MODEL",
    };

    public Option<string[]> Loras { get; } = new("--lora") { Description = "A LoRA file (also LoCon, LoHa, LoKr, DoRA), kohya's or diffusers' layout, with its scale; repeatable.", HelpName = "FILE[:SCALE]" };

    public Option<string[]> Embeddings { get; } = new("--embedding") { Description = "A file of learned tokens, called by its <token> or its file name in prompts, or by another name; repeatable.", HelpName = "FILE[:NAME]" };

    public Option<string?> Implantation { get; } = new("--implantation") { Description = "A finished job or its result's folder: takes its LoRA and its tokens.", HelpName = "ID|DIR" };

    public Option<long?> Steps { get; } = NumberOptions.Whole("--steps", 1, 1000, "Sampling steps (default: the model's, else 25).");

    public Option<string> Scheduler { get; } = new ChoiceOption("--scheduler", "How noise becomes a picture.", "dpm++", "ddim", "euler", "pndm");

    public Option<double?> Guidance { get; } =
        NumberOptions.Real("--guidance", value => value is >= 1 and <= 100, "from 1 to 100", "Weight of the prompt; 1 switches classifier-free guidance off (default: the model's, else 7.5).");

    public Option<long?> Seed { get; } = NumberOptions.Whole("--seed", 0, long.MaxValue, "Seed of everything random.", 0);

    public Option<long?> Count { get; } = NumberOptions.Whole("--count", 1, 1024, "Pictures a prompt (default: 1, or as many as --latents holds).");

    public Option<long?> Width { get; } = NumberOptions.Whole("--width", 8, LargestSide, "Pixels a row (default: the model's).");

    public Option<long?> Height { get; } = NumberOptions.Whole("--height", 8, LargestSide, "Rows (default: the model's).");

    public Option<string?> Latents { get; } = new("--latents")
    {
        Description = "Start from this noise: a file with the tensor latents (N, 4, h, w), unit normal.",
        HelpName = "FILE",
    };

    public Option<string> Precision { get; } = DeviceOptions.Precision();

    public Option<string> Device { get; } = DeviceOptions.Device();

    public Option<string> Out { get; } = new("--out") { Description = "Folder that gets one PNG a picture.", HelpName = "DIR", Required = true };

    public DataOption Data { get; } = new();

    public Option<string> Format { get; } = FormatOption.Create();

    /// <summary>Adds all options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            Prompts, Negative, Implantation, Out, Model, Loras, Embeddings, Count, Seed, Steps, Scheduler, Guidance, Width, Height, Latents, Precision, Device, Data, Format,
        })
        {
            command.Options.Add(option);
        }
    }
}
