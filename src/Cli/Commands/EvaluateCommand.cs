using System.CommandLine;
using System.Diagnostics;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Evaluation;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Common;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot evaluate</c>: measures folders of pictures, in this process and without a silo.</summary>
internal sealed class EvaluateCommand : OneShotCommand
{
    private readonly EvaluateOptions _options = new();

    public EvaluateCommand(CliStreams streams)
        : base(
            "evaluate",
            "Measures pictures of an object: how like it they are and how like their prompts, beside floor and ceiling.",
            streams,
            "oneshot evaluate --images out/snow --reference samples/cat.png --mask samples/cat-mask.png --prompts prompts.txt --class-images out/plain "
                + "--out figures.json",
            "oneshot evaluate --images out/photos --reference photos/dog --prompts prompts.jsonl --clip openai/clip-vit-large-patch14 "
                + "--dino facebook/dino-vits16 --out figures.json"
        )
    {
        _options.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var clock = Stopwatch.StartNew();
        var plan = await LoneWork.RunAsync(() => EvaluationPlan.Make(_options, parsed, context), context.Interrupt);
        foreach (var warning in plan.Warnings)
        {
            context.Say(warning);
        }

        var display = new DrawingDisplay(context.Streams, TimeProvider.System, PictureMeasuring.Text);
        var measured = await LoneWork.RunAsync(() => PictureMeasuring.Measure(plan, display, context.Interrupt), context.Interrupt);
        foreach (var warning in measured.Warnings.Skip(plan.Warnings.Count))
        {
            context.Say(warning);
        }

        var document = measured with { Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3) };
        Write(plan.Out, DocumentWriter.ToJson(document));
        if (context.Json)
        {
            context.Write(document);
        }
        else
        {
            EvaluationText.Write(context.Streams.Output, document);
        }

        return ExitCode.Done;
    }

    // Whole or not at all: an earlier document stays until the new one is there.
    private static void Write(string path, string text)
    {
        CreationMask.CreateUsersFolder(Path.GetDirectoryName(path)!);
        var beside = $"{path}.part-{Guid.NewGuid():N}";
        try
        {
            File.WriteAllText(beside, text + Environment.NewLine);
            CreationMask.GiveToUser(beside);
            File.Move(beside, path, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }
}
