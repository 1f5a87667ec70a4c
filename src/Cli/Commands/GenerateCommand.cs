using System.CommandLine;
using System.Diagnostics;
using System.Security.Cryptography;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Generation;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot generate</c>: draws pictures, in this process and without a silo, or as a job of a server.</summary>
internal sealed class GenerateCommand : OneShotCommand
{
    private readonly GenerateOptions _options = new();

    public GenerateCommand(CliStreams streams)
        : base(
            "generate",
            "Draws pictures, with learned objects or without.",
            streams,
            "oneshot generate --prompt \"a <cat> in the snow\" --implantation out/cat --out out/snow",
            "oneshot generate --prompt \"a cat on the beach\" --prompt \"a dog in the forest\" --count 4 --seed 7 --out out/plain",
            "oneshot generate --prompt \"a <cat> at sea\" --implantation i-0a1b2c3d4e5f60718293a4b5c6d7e8f9 --server "
                + "https://oneshot.example.org --key-file key --out out/sea"
        )
    {
        _options.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var local = ServerGeneration.FindLocal(_options, parsed);
        var target = _options.Session.Resolve(parsed, isOfThisMachine: local is not null);
        if (target.Server is not null)
        {
            return local is null ? await ServerGeneration.RunAsync(_options, parsed, target, context) : throw local;
        }

        var clock = Stopwatch.StartNew();
        var plan = await LoneWork.RunAsync(() => GenerationPlan.Make(_options, parsed, context), context.Interrupt);
        foreach (var note in plan.Notes)
        {
            context.Say(note);
        }

        var beside = $"{Path.TrimEndingDirectorySeparator(plan.Out)}.part-{Guid.NewGuid():N}";
        try
        {
            var (files, precision) = await LoneWork.RunAsync(() => Draw(plan, beside, context), context.Interrupt);
            CreationMask.CreateUsersFolder(plan.Out);
            foreach (var file in files)
            {
                CreationMask.GiveToUser(Path.Combine(beside, file.Path));
                File.Move(Path.Combine(beside, file.Path), Path.Combine(plan.Out, file.Path), overwrite: true);
            }

            if (context.Json)
            {
                context.Write(new GenerationDocument(files, Math.Round(clock.Elapsed.TotalSeconds, 3), plan.Settings(precision)));
            }
            else
            {
                foreach (var file in files)
                {
                    context.Streams.Output.WriteLine(Path.Combine(plan.Out, file.Path));
                }
            }

            return ExitCode.Done;
        }
        finally
        {
            if (Directory.Exists(beside))
            {
                Directory.Delete(beside, recursive: true);
            }
        }
    }

    private static (List<JobFile> Files, string Precision) Draw(GenerationPlan plan, string folder, CommandContext context)
    {
        var files = new List<JobFile>();
        var precision = Setting.WordOf(plan.Precision);
        var all = plan.Prompts.Count * plan.Count;
        var display = new DrawingDisplay(context.Streams, TimeProvider.System);
        foreach (var picture in PictureDrawing.Draw(plan, (done, steps) => display.Show(done, steps, all), display.Say, context.Interrupt))
        {
            context.Interrupt.ThrowIfCancellationRequested();
            CreationMask.CreateUsersFolder(folder);
            var name = DrawnPicture.FileName(files.Count + 1);
            var bytes = picture.ToPng();
            File.WriteAllBytes(Path.Combine(folder, name), bytes);
            files.Add(new JobFile(name, bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes))));
            precision = picture.Settings.Precision ?? precision;
        }

        display.End();
        return (files, precision);
    }
}
