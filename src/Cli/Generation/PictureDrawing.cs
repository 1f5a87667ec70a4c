using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Silo.Engine;
using static TorchSharp.torch;

namespace OrleansOneShot.Cli.Generation;

/// <summary>Draws a plan's pictures with OrleansOneShot.Compute.Sampling. Starts no silo.</summary>
internal static class PictureDrawing
{
    /// <summary>Draws.</summary>
    /// <param name="plan">What to draw.</param>
    /// <param name="observe">Called with (steps done, steps in all); may be null.</param>
    /// <param name="say">Told what people should read.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <returns><see cref="GenerationPlan.Count"/> pictures for each prompt, prompt by prompt.</returns>
    public static IEnumerable<DrawnPicture> Draw(GenerationPlan plan, Action<int, int>? observe, Action<string> say, CancellationToken cancellationToken)
    {
        var folder = plan.Model.Folder;
        FetchedModel.Require(folder.Name, folder.Path);
        var deviceName = TorchDevices.Resolve(plan.Device);
        var asked = plan.Precision;
        var precision = new PrecisionChooser(plan.Data).Decide(asked, folder, Math.Max(plan.Width, plan.Height), deviceName, say);
        if (asked != Precision.Auto)
        {
            say($"precision {precision.Name()}, as asked");
        }

        say($"loading {folder.Name}");
        using var pipeline = ImagePipeline.Load(folder, plan.Loras, plan.Embeddings, precision, deviceName, say);
        foreach (var unused in plan.Embeddings.Where(choice => !plan.Prompts.Append(plan.Negative).Any(prompt => pipeline.Uses(prompt, choice))))
        {
            say($"No prompt uses the embedding {Path.GetFileName(unused.Path)}: write {unused.Name} into --prompt or --negative where it should act.");
        }

        using var latents = plan.Latents is null ? null : LoadLatents(plan.Latents);
        var settings = Describe(plan, precision, folder.Hash(), pipeline);
        for (var p = 0; p < plan.Prompts.Count; p++)
        {
            var prompt = plan.Prompts[p];
            if (pipeline.IsTruncated(prompt))
            {
                say($"The prompt \"{prompt}\" is longer than the text encoder's {pipeline.ContextLength} positions; its end is not seen.");
            }

            var request = new SamplingRequest
            {
                Prompt = prompt,
                NegativePrompt = plan.Negative,
                Scheduler = plan.Scheduler,
                Steps = plan.Steps,
                GuidanceScale = plan.Guidance,
                Width = plan.Width,
                Height = plan.Height,
                Seed = plan.Seed,
                Count = plan.Count,
            };
            var before = p;
            var pictures = pipeline.Draw(
                request,
                latents,
                observe is null ? null : (done, all) => observe((before * all) + done, plan.Prompts.Count * all),
                cancellationToken
            );
            for (var i = 0; i < pictures.Count; i++)
            {
                yield return new DrawnPicture(pictures[i], settings with { Prompt = prompt, Index = i });
            }
        }
    }

    private static PictureSettings Describe(GenerationPlan plan, Precision precision, string hash, ImagePipeline pipeline)
    {
        var loras = plan.Loras.GroupBy(l => Path.GetFileNameWithoutExtension(l.Path)).ToList();
        return new PictureSettings
        {
            Prompt = "",
            NegativePrompt = plan.Negative,
            Steps = plan.Steps,
            Scheduler = plan.Scheduler,
            ScheduleType = PictureSettings.ScheduleTypeOf(plan.Scheduler, pipeline.Scheduler.UseKarrasSigmas == true),
            Guidance = plan.Guidance,
            Seed = plan.Seed,
            Width = plan.Width,
            Height = plan.Height,
            Model = plan.Model.Folder.Name,
            ModelHash = hash,
            Loras = loras.ToDictionary(l => l.Key, l => l.Sum(x => x.Scale)),
            LoraHashes = loras.ToDictionary(l => l.Key, l => LoraHash.Of(l.First().Path)),
            Tokens = [.. pipeline.TokenNames],
            Latents = plan.Latents is null ? null : Path.GetFileName(plan.Latents),
            LatentsHash = plan.Latents is null ? null : FileHashes.Sha256(plan.Latents),
            Precision = precision.Name(),
            Version = PictureSettings.ThisVersion,
        };
    }

    private static Tensor LoadLatents(string path)
    {
        using var file = SafetensorsFile.Open(path);
        using var scope = NewDisposeScope();
        return file.Get("latents").to(ScalarType.Float32).clone().MoveToOuterDisposeScope();
    }
}

/// <summary>A picture and how it was drawn.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Settings">Its settings, for the file's metadata.</param>
internal sealed record DrawnPicture(RgbImage Image, PictureSettings Settings);
