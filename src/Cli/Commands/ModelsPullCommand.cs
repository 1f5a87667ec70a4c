using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.ModelHub;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot models pull</c>.</summary>
internal sealed class ModelsPullCommand : OneShotCommand
{
    private readonly Argument<string> _repository = new("REPO") { Description = "OWNER/NAME on the host: a base model in diffusers' layout, or a CLIP." };

    private readonly Option<string> _revision = new("--revision")
    {
        Description = "Branch, tag or commit.",
        HelpName = "R",
        DefaultValueFactory = _ => "main",
    };

    private readonly Option<string?> _name = new("--name") { Description = "The model's name here (default: the last part of REPO).", HelpName = "N" };

    private readonly Option<string?> _baseUrl = new("--base-url")
    {
        Description =
            $"Address of a host in the Hugging Face layout (default: {HostAddress.Variable}, else {ModelPullOptions.DefaultHost}). A token comes from "
            + $"{HostToken.Variable} or the file that {HostToken.FileVariable} names.",
        HelpName = "URL",
    };

    private readonly Option<bool> _half = new("--fp16") { Description = "Take half-precision weights where there are both: half the bytes." };

    private readonly DataOption _data = new();

    public ModelsPullCommand(CliStreams streams)
        : base(
            "pull",
            "Fetches a model: safetensors and JSON files only, checked against the host's hashes. Interrupted, it goes on where it stopped.",
            streams,
            "oneshot models pull stable-diffusion-v1-5/stable-diffusion-v1-5 --name sd15",
            "oneshot models pull openai/clip-vit-large-patch14"
        )
    {
        Arguments.Add(_repository);
        Options.Add(_revision);
        Options.Add(_name);
        Options.Add(_baseUrl);
        Options.Add(_half);
        Options.Add(_data);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var clock = Stopwatch.StartNew();
        var options = new ModelPullOptions
        {
            Host = HostAddress.Parse(parsed.GetValue(_baseUrl)) ?? HostAddress.Read() ?? new Uri(ModelPullOptions.DefaultHost),
            Token = HostToken.Read(),
            Revision = parsed.GetRequiredValue(_revision),
            Name = parsed.GetValue(_name),
            PrefersHalf = parsed.GetValue(_half),
        };
        var repository = parsed.GetRequiredValue(_repository);
        var model = await ModelPull.RunAsync(_data.Resolve(parsed), repository, options, new PullDisplay(context.Streams), context.Interrupt);
        if (context.Json)
        {
            context.Write(
                new PulledModelDocument(
                    model.Entry.Name,
                    model.Entry.Folder,
                    KindText.Of(model.Entry.Kind),
                    repository,
                    options.Revision,
                    model.Files,
                    model.Fetched,
                    Math.Round(clock.Elapsed.TotalSeconds, 3)
                )
            );
        }
        else
        {
            context.Say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{model.Files.Count} files, {model.Fetched / 1e6:0.0} MB fetched; take it with "
                        + $"--{(model.Entry.Kind == ModelKind.Clip ? "clip" : "model")} {model.Entry.Name}"
                )
            );
            context.Streams.Output.WriteLine(model.Entry.Folder);
        }

        return ExitCode.Done;
    }
}
