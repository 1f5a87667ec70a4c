using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Tokens;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Sampling;

/// <summary>
/// Pictures to draw, of one prompt or more, with every default resolved: what <c>oneshot generate</c> and a silo's generations have in common.
/// </summary>
public sealed record PictureSeries
{
    private const int DefaultSampleSize = 64;

    /// <summary>The model.</summary>
    public required ModelFolder Model { get; init; }

    /// <summary>The prompts.</summary>
    public required IReadOnlyList<string> Prompts { get; init; }

    /// <summary>What no picture should show; may be empty.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>LoRAs with their scales, added up.</summary>
    public IReadOnlyList<LoraChoice> Loras { get; init; } = [];

    /// <summary>Path of the folder of a UNet that takes the place of the model's; null: its own.</summary>
    public string? UNet { get; init; }

    /// <summary>Files of learned tokens, no two of one name.</summary>
    public IReadOnlyList<EmbeddingChoice> Embeddings { get; init; } = [];

    /// <summary>Denoising steps, 1 to 1000.</summary>
    public required int Steps { get; init; }

    /// <summary>One of <see cref="Samplers.Names"/>.</summary>
    public required string Scheduler { get; init; }

    /// <summary>Classifier-free guidance; 1 switches it off.</summary>
    public required double Guidance { get; init; }

    /// <summary>Guidance between the frozen and the tuned model, 0 or more; 1 switches it off.</summary>
    public double PersonalizationGuidance { get; init; } = 1;

    /// <summary>Class names by identifier, for that guidance; of others the word between the brackets is taken.</summary>
    public IReadOnlyDictionary<string, string> Classes { get; init; } = new Dictionary<string, string>();

    /// <summary>Seed: the pictures of each prompt begin from the same noise.</summary>
    public required long Seed { get; init; }

    /// <summary>Pictures a prompt.</summary>
    public required int Count { get; init; }

    /// <summary>Width in pixels, a multiple of the VAE's factor.</summary>
    public required int Width { get; init; }

    /// <summary>Height in pixels, a multiple of the VAE's factor.</summary>
    public required int Height { get; init; }

    /// <summary>
    /// A safetensors file whose tensor <c>latents</c> is (<see cref="Count"/>, 4, height / factor, width / factor); null draws noise from the seed.
    /// </summary>
    public string? Latents { get; init; }

    /// <summary>What the weights compute in; settled.</summary>
    public required Precision Precision { get; init; }

    /// <summary>The device: "cpu" or "cuda:N".</summary>
    public required string Device { get; init; }

    /// <summary>Where prompts are given, as sentences call it.</summary>
    public string PromptsAt { get; init; } = "a prompt";

    /// <summary>Who is told what concerns the machine; null: nobody.</summary>
    public IRunFigures? Figures { get; init; }

    /// <summary>Side in pixels of the pictures that a model draws where nobody says otherwise.</summary>
    /// <param name="model">The model.</param>
    public static int SideOf(ModelFolder model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.Defaults.Resolution ?? ((model.UNet.SampleSize ?? DefaultSampleSize) * model.Vae.Factor);
    }

    /// <summary>Draws.</summary>
    /// <param name="observe">Called with (steps done, steps in all), of all prompts together; may be null.</param>
    /// <param name="say">Told what takes time.</param>
    /// <param name="warn">Told what people should know of the pictures, such as parts of a LoRA that don't fit, before they are drawn.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <returns><see cref="Count"/> pictures for each prompt, prompt by prompt, as they are drawn.</returns>
    /// <exception cref="InvalidInputException">A file is damaged, or does not fit the model.</exception>
    public IEnumerable<DrawnPicture> Draw(Action<int, int>? observe, Action<string> say, Action<string> warn, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(say);
        ArgumentNullException.ThrowIfNull(warn);
        say($"loading {Model.Name}");
        var began = Stopwatch.GetTimestamp();
        using var pipeline = ImagePipeline.Load(Model, Loras, Embeddings, Precision, Device, UNet, PersonalizationGuidance == 1 ? null : Classes, warn);
        Figures?.ModelLoaded(Stopwatch.GetElapsedTime(began));
        foreach (var unused in Embeddings.Where(choice => !Prompts.Append(NegativePrompt).Any(prompt => pipeline.Uses(prompt, choice))))
        {
            warn($"No prompt uses the embedding {Path.GetFileName(unused.Path)}: write {unused.Name} into {PromptsAt} where it should act.");
        }

        using var latents = Latents is null ? null : LoadLatents(Latents);
        var settings = Describe(pipeline);
        for (var p = 0; p < Prompts.Count; p++)
        {
            var prompt = Prompts[p];
            if (pipeline.IsTruncated(prompt))
            {
                warn($"The prompt \"{prompt}\" is longer than the text encoder's {pipeline.ContextLength} positions; its end is not seen.");
            }

            var request = new SamplingRequest
            {
                Prompt = prompt,
                NegativePrompt = NegativePrompt,
                Scheduler = Scheduler,
                Steps = Steps,
                GuidanceScale = Guidance,
                PersonalizationGuidance = PersonalizationGuidance,
                Width = Width,
                Height = Height,
                Seed = Seed,
                Count = Count,
            };
            var before = p;
            var pictures = pipeline.Draw(
                request,
                latents,
                observe is null ? null : (done, all) => observe((before * all) + done, Prompts.Count * all),
                cancellationToken
            );
            for (var i = 0; i < pictures.Count; i++)
            {
                yield return new DrawnPicture(pictures[i], settings with { Prompt = prompt, Index = i });
            }
        }
    }

    private PictureSettings Describe(ImagePipeline pipeline)
    {
        var loras = Loras.GroupBy(l => Path.GetFileNameWithoutExtension(l.Path)).ToList();
        return new PictureSettings
        {
            Prompt = "",
            NegativePrompt = NegativePrompt,
            Steps = Steps,
            Scheduler = Scheduler,
            ScheduleType = PictureSettings.ScheduleTypeOf(Scheduler, pipeline.Scheduler.UseKarrasSigmas == true),
            Guidance = Guidance,
            PersonalizationGuidance = PersonalizationGuidance == 1 ? null : PersonalizationGuidance,
            Seed = Seed,
            Width = Width,
            Height = Height,
            Model = Model.Name,
            ModelHash = Model.Hash(),
            Loras = loras.ToDictionary(l => l.Key, l => l.Sum(x => x.Scale)),
            LoraHashes = loras.ToDictionary(l => l.Key, l => LoraHash.Of(l.First().Path)),
            Tokens = [.. pipeline.TokenNames],
            Latents = Latents is null ? null : Path.GetFileName(Latents),
            LatentsHash = Latents is null ? null : FileHashes.Sha256(Latents),
            Precision = Precision.Name(),
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
public sealed record DrawnPicture(RgbImage Image, PictureSettings Settings)
{
    /// <summary>Name of a picture's file.</summary>
    /// <param name="number">Its number among all pictures of a series, from 1.</param>
    public static string FileName(int number) => string.Create(CultureInfo.InvariantCulture, $"{number:D4}.png");

    /// <summary>The picture's file, with the settings in it.</summary>
    /// <returns>A PNG's bytes.</returns>
    public byte[] ToPng() => PngWriter.Encode(Image, Settings.ToText());
}
