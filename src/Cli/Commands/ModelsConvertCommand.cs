using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot models convert</c>.</summary>
internal sealed class ModelsConvertCommand : OneShotCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A checkpoint in the original Stable Diffusion layout, as safetensors." };

    private readonly Option<string> _out = new("--out")
    {
        Description = "The folder to write; it must not exist.",
        HelpName = "DIR",
        Required = true,
    };

    private readonly Option<string?> _config = new("--config")
    {
        Description = "A diffusers folder whose configurations, scheduler and tokenizer are taken (default: those of Stable Diffusion 1.x or 2.x).",
        HelpName = "FOLDER",
    };

    private readonly Option<string> _prediction = new ChoiceOption(
        "--prediction",
        "What the model predicts: noise or v; auto takes what the file says, which those of Stable Diffusion 2.x often don't.",
        "auto",
        "epsilon",
        "v_prediction"
    );

    public ModelsConvertCommand(CliStreams streams)
        : base(
            "convert",
            "Writes a single-file checkpoint as a diffusers folder.",
            streams,
            "oneshot models convert v1-5-pruned-emaonly.safetensors --out ~/models/sd15"
        )
    {
        Arguments.Add(_file);
        Options.Add(_out);
        Options.Add(_config);
        Options.Add(_prediction);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(parsed.GetRequiredValue(_out) is { Length: > 0 } given ? given : "."));
        if (Path.Exists(folder))
        {
            throw new InvalidInputException($"--out {folder} exists already.", "out", "Name a new folder.");
        }

        if (parsed.GetValue(_config) is { } config && !Directory.Exists(config))
        {
            throw new InvalidInputException($"The folder {config} doesn't exist.", "config", "Check the path.");
        }

        var file = parsed.GetRequiredValue(_file);
        PredictionType? prediction = parsed.GetValue(_prediction) switch
        {
            "epsilon" => PredictionType.Epsilon,
            "v_prediction" => PredictionType.Velocity,
            _ => null,
        };
        await LoneWork.RunAsync(
            () =>
            {
                SingleFileModels.Convert(file, folder, parsed.GetValue(_config), prediction, new PullDisplay(context.Streams, "Converted "), context.Interrupt);
                return folder;
            },
            context.Interrupt
        );
        CreationMask.GiveToUser(folder);
        if (context.Json)
        {
            context.Write(new ModelDocument(Path.GetFileName(folder), folder, Shipped: false, Default: false, KindText.Of(ModelKind.Base)));
        }
        else
        {
            context.Say("Converted and checked; take it with --model.");
            context.Streams.Output.WriteLine(folder);
        }

        return ExitCode.Done;
    }
}
