using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Masks;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot mask</c>: makes a mask from a box or points, with a preview.</summary>
internal sealed class MaskCommand : OneShotCommand
{
    private const string NoPrompt = "Nothing says where the object is: neither --box nor --point was given.";
    private readonly MaskOptions _options = new();

    public MaskCommand(CliStreams streams)
        : base(
            "mask",
            "Makes an object's mask from a box around it or points on it.",
            streams,
            "oneshot mask --image photo.jpg --box 310,42,420,600 --out cup-mask.png",
            "oneshot mask --image photo.jpg --point 512,300 --point 540,420 --out cup-mask.png",
            "oneshot mask --image photo.jpg --box 310,42,420,600 --method sam --sam-encoder sam_vit_b_encoder.onnx --sam-decoder sam_vit_b_decoder.onnx "
                + "--out cup-mask.png"
        )
    {
        _options.AddTo(this);
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var clock = Stopwatch.StartNew();
        var prompt =
            _options.Prompt.Read(parsed)
            ?? throw new InvalidInputException(NoPrompt, "box", "Give a box around the object with --box x,y,w,h, or pixels on it with --point x,y.");
        var file = OutputPath.FileOf(parsed.GetRequiredValue(_options.Out), "out", "Name a PNG file.");
        var preview = OutputPath.FileOf(
            parsed.GetValue(_options.Preview) ?? Path.Combine(Path.GetDirectoryName(file)!, $"{Path.GetFileNameWithoutExtension(file)}.preview.png"),
            "preview",
            "Name a PNG file."
        );
        if (preview == file)
        {
            throw new InvalidInputException("--preview and --out name the same file.", "preview", "Give two files.");
        }

        var path = parsed.GetRequiredValue(_options.Image);
        if (new[] { file, preview }.Contains(Path.GetFullPath(path)))
        {
            throw new InvalidInputException(
                "The photo itself would be overwritten.",
                preview == Path.GetFullPath(path) ? "preview" : "out",
                "Give another file."
            );
        }

        var (photo, mask, method) = await LoneWork.RunAsync(() => Make(path, prompt, parsed, context.Interrupt), context.Interrupt);
        foreach (var warning in mask.Warnings)
        {
            context.Say(warning);
        }

        CreationMask.CreateUsersFolder(Path.GetDirectoryName(file)!);
        CreationMask.CreateUsersFolder(Path.GetDirectoryName(preview)!);
        PngWriter.Write(file, MaskPicture.Create(mask));
        PngWriter.Write(preview, MaskOverlay.Create(photo, mask));
        CreationMask.GiveToUser(file);
        CreationMask.GiveToUser(preview);
        if (context.Json)
        {
            context.Write(
                new MaskDocument(
                    file,
                    preview,
                    mask.Width,
                    mask.Height,
                    Math.Round(mask.Coverage, 6),
                    Math.Round(clock.Elapsed.TotalSeconds, 3),
                    method,
                    mask.Warnings
                )
            );
        }
        else
        {
            context.Say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{mask.Coverage:0.#%} of the {mask.Width} x {mask.Height} picture is the object; look at the preview."
                )
            );
            context.Streams.Output.WriteLine(file);
            context.Streams.Output.WriteLine(preview);
        }

        return ExitCode.Done;
    }

    private (RgbImage Photo, MaskImage Mask, string Method) Make(string path, MaskPrompt prompt, ParseResult parsed, CancellationToken interrupt)
    {
        var (encoder, decoder) = (parsed.GetValue(_options.SamEncoder), parsed.GetValue(_options.SamDecoder));
        var sam = parsed.GetValue(_options.Method) == "sam";
        if (!sam && (encoder ?? decoder) is not null)
        {
            throw new InvalidInputException("--sam-encoder and --sam-decoder go with --method sam.", "method", "Add --method sam, or leave the files out.");
        }

        var photo = ImageReader.Read(path);
        prompt.Check(photo.Width, photo.Height);
        if (!sam)
        {
            var grabCut = new GrabCutMasker();
            return (photo, grabCut.Make(photo, prompt, interrupt), grabCut.Method);
        }

        const string Hint = "docs/MASKS.md says which projects export SAM to ONNX.";
        using var masker = new SamMasker(
            encoder ?? throw new InvalidInputException("--method sam needs SAM's image encoder.", "sam-encoder", Hint),
            decoder ?? throw new InvalidInputException("--method sam needs SAM's prompt decoder.", "sam-decoder", Hint),
            Path.Combine(_options.Data.Resolve(parsed).Root, "cache", "sam")
        );
        return (photo, masker.Make(photo, prompt, interrupt), masker.Method);
    }
}
