using OrleansOneShot.Common;
using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.SingleFile;

/// <summary>
/// A whole checkpoint of Stable Diffusion 1.x or 2.x in one safetensors file, in the original layout (<c>model.diffusion_model.*</c>,
/// <c>first_stage_model.*</c>, and <c>cond_stage_model.transformer.*</c> or <c>cond_stage_model.model.*</c>).
/// </summary>
public static class SingleFileCheckpoint
{
    // A clause of a message names some keys.
    private const int LongestProblem = 600;

    /// <summary>Looks at a file's header alone, before any folder is made for it.</summary>
    /// <param name="file">The checkpoint.</param>
    /// <param name="configuration">As for <see cref="Convert"/>.</param>
    /// <param name="prediction">As for <see cref="Convert"/>.</param>
    /// <exception cref="InvalidInputException">The file is missing, damaged, another kind of model, or one that has to be told what it predicts.</exception>
    public static void Check(string file, string? configuration = null, PredictionType? prediction = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        Open(file, configuration, prediction).Source.Dispose();
    }

    /// <summary>
    /// Writes a checkpoint as a diffusers folder. Tensors go over one by one from the file's mapping, in the types that they have; the bytes depend on the file
    /// alone.
    /// </summary>
    /// <param name="file">The checkpoint.</param>
    /// <param name="folder">An empty or missing folder; a failure leaves part of it there.</param>
    /// <param name="configuration">
    /// A diffusers folder from which configurations, scheduler and tokenizer are taken; null takes those of Stable Diffusion 1.x or 2.x.
    /// </param>
    /// <param name="prediction">
    /// What the model predicts; null takes what the file says. Not together with <paramref name="configuration"/>, whose scheduler says it.
    /// </param>
    /// <param name="progress">Told of the bytes written so far and in all, after each tensor; null: nobody is.</param>
    /// <param name="cancellationToken">Stops between two tensors.</param>
    /// <exception cref="InvalidInputException">
    /// The file is another kind of model, incomplete, or does not fit the configuration; nothing is written then but configurations.
    /// </exception>
    public static void Convert(
        string file,
        string folder,
        string? configuration = null,
        PredictionType? prediction = null,
        Action<long, long>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(file);
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var (source, family) = Open(file, configuration, prediction);
        using var closing = source;
        Directory.CreateDirectory(folder);
        if (configuration is not null)
        {
            ModelTemplate.CopyFrom(configuration, folder);
        }
        else
        {
            ModelTemplate.Write(family, StatedPrediction.Require(source, family, prediction), folder);
        }

        TorchRuntime.Initialise();
        using var scope = NewDisposeScope();
        var unetConfig = UNetConfig.Read(Path.Combine(folder, "unet", "config.json"));
        var vaeConfig = VaeConfig.Read(Path.Combine(folder, "vae", "config.json"));
        var textConfig = ClipTextConfig.Read(Path.Combine(folder, "text_encoder", "config.json"));
        // The sizes that are part of this program need no check.
        foreach (
            var (name, size) in configuration is null
                ? []
                : new[] { ("unet", WeightCounts.Of(unetConfig)), ("vae", WeightCounts.Of(vaeConfig)), ("text_encoder", WeightCounts.Of(textConfig)) }
        )
        {
            new ModelPart(name, folder, "", KeyRules.Plain, size, () => throw new NotSupportedException()).RequireSize(source);
        }

        using var unet = new UNet2DConditionModel(unetConfig);
        using var vae = new AutoencoderKL(vaeConfig);
        using var text = new ClipTextModel(textConfig);
        if (family == CheckpointFamily.StableDiffusion2)
        {
            OriginalOpenClip.SplitAttention(source);
        }

        var (unetNames, vaeNames) = (OriginalUNet.TargetsOf(source.Entries.Keys), OriginalVae.TargetsOf(source.Entries.Keys));

        // All parts are compared before the first byte is written.
        (string File, WeightMatch Match)[] parts =
        [
            ("unet/diffusion_pytorch_model.safetensors", Match(unet, source, OriginalUNet.Prefix, key => unetNames.GetValueOrDefault(key, key))),
            (
                "vae/diffusion_pytorch_model.safetensors",
                Match(vae, source, OriginalVae.Prefix, key => vaeNames.GetValueOrDefault(key) ?? Unknown(key, "first_stage_model.loss."))
            ),
            (
                "text_encoder/model.safetensors",
                Match(
                    text,
                    source,
                    family.TextPrefix,
                    key =>
                        family == CheckpointFamily.StableDiffusion2
                            ? OriginalOpenClip.TargetOf(key, text.Config.NumHiddenLayers)
                            : OriginalTextEncoder.TargetOf(key)
                )
            ),
        ];
        if (parts.FirstOrDefault(part => part.Match.Problems.Count > 0) is { File: { } unfit } part)
        {
            var problems = Wording.List(part.Match.Problems, "; ", longest: LongestProblem);
            throw new InvalidInputException(
                $"{source.Shown} does not have the sizes of {(configuration is null ? family.Name : $"the model in {configuration}")}: in "
                    + $"{Path.GetDirectoryName(unfit)} {problems}.",
                "model",
                "If it is a Stable Diffusion model of other sizes, convert it with a folder of its configurations: oneshot models convert FILE --config "
                    + "FOLDER --out DIR"
            );
        }

        var (done, all) = (0L, parts.Sum(part => part.Match.Pairs.Sum(pair => source.Entries[pair.FileKey].ByteLength)));
        void Written(long bytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress?.Invoke(done += bytes, all);
        }

        foreach (var (name, match) in parts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var inner = NewDisposeScope();
            SafetensorsWriter.Write(
                Path.Combine(folder, name),
                match.Pairs.ToDictionary(pair => pair.Slot.Key, pair => source.Get(pair.FileKey).view(pair.Slot.Shape)),
                new Dictionary<string, string> { ["format"] = "pt" },
                Written
            );
        }
    }

    private static (WeightSource Source, CheckpointFamily Family) Open(string file, string? configuration, PredictionType? prediction)
    {
        if (configuration is not null && prediction is not null)
        {
            throw new InvalidInputException(
                "What the model predicts is given twice, by itself and by the configuration's scheduler.",
                "prediction",
                "Leave out --prediction, or --config."
            );
        }

        if (Path.GetExtension(file) is ".ckpt" or ".pt" or ".pth" or ".bin")
        {
            throw new InvalidInputException(
                $"{Path.GetFileName(file)} is a PyTorch pickle, which can run code when opened, so it is never opened here.",
                "model",
                "Take the same checkpoint as a .safetensors file."
            );
        }

        var source = WeightSource.OfFile(file);
        try
        {
            var family = CheckpointKind.Require(source.Shown, source.Entries);
            if (configuration is null)
            {
                StatedPrediction.Require(source, family, prediction);
            }

            return (source, family);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    private static WeightMatch Match(Module module, WeightSource source, string prefix, Func<string, string?> rename) =>
        WeightMatch.Of(module, source, new KeyRules(key => key.StartsWith(prefix, StringComparison.Ordinal) ? rename(key) : null, AllowsConvolutionForm: true));

    // What training left behind is passed over; anything else that has no name here is reported.
    private static string? Unknown(string key, string leftover) => key.StartsWith(leftover, StringComparison.Ordinal) ? null : key;
}
