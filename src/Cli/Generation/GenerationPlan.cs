using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Tokens;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;
using static TorchSharp.torch;

namespace OrleansOneShot.Cli.Generation;

/// <summary>A checked <c>generate</c>, with every default resolved.</summary>
internal sealed record GenerationPlan
{
    /// <summary>Where the machine's precision is remembered.</summary>
    public required DataFolder Data { get; init; }

    public required ModelChoice Model { get; init; }

    public required IReadOnlyList<string> Prompts { get; init; }

    public required string Negative { get; init; }

    public required IReadOnlyList<LoraChoice> Loras { get; init; }

    /// <summary>The folder of the implantation's own UNet; null where it has none.</summary>
    public string? UNet { get; init; }

    public required IReadOnlyList<EmbeddingChoice> Embeddings { get; init; }

    public required int Steps { get; init; }

    public required string Scheduler { get; init; }

    public required double Guidance { get; init; }

    /// <summary>Guidance between the frozen and the tuned model; 1 is off.</summary>
    public double PersonalizationGuidance { get; init; } = 1;

    /// <summary>The implantation's class names by identifier.</summary>
    public IReadOnlyDictionary<string, string> Classes { get; init; } = new Dictionary<string, string>();

    public required long Seed { get; init; }

    /// <summary>Pictures a prompt.</summary>
    public required int Count { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    /// <summary>A safetensors file whose tensor <c>latents</c> is (<see cref="Count"/>, 4, height / factor, width / factor); or null.</summary>
    public string? Latents { get; init; }

    /// <summary>What the frozen weights compute in.</summary>
    public required Precision Precision { get; init; }

    /// <summary>auto, cpu or cuda:N.</summary>
    public required string Device { get; init; }

    /// <summary>What people should know before it begins, each a sentence.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>Absolute path of the output folder.</summary>
    public required string Out { get; init; }

    /// <summary>Checks a command line.</summary>
    /// <param name="options">The options.</param>
    /// <param name="parsed">Their values.</param>
    /// <param name="context">The command; null where nobody is told of a conversion.</param>
    /// <returns>The plan; nothing is created.</returns>
    /// <exception cref="InvalidInputException">Something can't be used.</exception>
    public static GenerationPlan Make(GenerateOptions options, ParseResult parsed, CommandContext? context = null)
    {
        var data = options.Data.Resolve(parsed);
        var catalog = context?.OpenCatalog(data) ?? new ModelCatalog(data);
        var folder = ResultFolder.Check(parsed.GetRequiredValue(options.Out));
        var implantation = parsed.GetValue(options.Implantation) is { } given ? PublishedImplantation.Find(given, data) : null;
        List<LoraChoice> loras =
        [
            .. implantation?.Lora is { } own ? new[] { new LoraChoice(own, 1) } : [],
            .. (parsed.GetValue(options.Loras) ?? []).Select(LoraArgument.Parse),
        ];
        var embeddings = EmbeddingChoice.RequireDistinct([
            .. (implantation?.Embeddings ?? []).Concat(parsed.GetValue(options.Embeddings) ?? []).Select(EmbeddingArgument.Parse),
        ]);
        List<string> known = [.. embeddings.Select(choice => choice.Name), .. embeddings.Select(choice => choice.Alias).OfType<string>()];
        var prompts = PromptTexts.Read(parsed.GetRequiredValue(options.Prompts), "prompt", known);
        var negative = PromptTexts.Read([parsed.GetValue(options.Negative) ?? ""], "negative", known);
        var model = ModelChoice.Open(catalog, parsed.GetValue(options.Model) ?? implantation?.ReadModel(), null);
        var generation = options.Generation.Read(parsed);
        model.CheckSide(generation.Width, "width");
        model.CheckSide(generation.Height, "height");
        var defaults = model.Folder.Defaults;
        var side = PictureSeries.SideOf(model.Folder);
        var latents = parsed.GetValue(options.Latents) is { } path ? Latent.Check(path) : null;
        var plan = new GenerationPlan
        {
            Data = data,
            Model = model,
            Prompts = prompts.Prompts,
            Negative = negative.Prompts[0],
            Notes = [.. prompts.Notes, .. prompts.Foreign, .. negative.Notes, .. negative.Foreign],
            Loras = loras,
            UNet = implantation?.UNet,
            Embeddings = embeddings,
            Steps = generation.Steps ?? defaults.SamplingSteps ?? Defaults.SamplingSteps,
            Scheduler = generation.Scheduler,
            Guidance = generation.GuidanceScale ?? defaults.GuidanceScale ?? Defaults.GuidanceScale,
            PersonalizationGuidance = generation.PersonalizationGuidance ?? 1,
            Classes = implantation?.ReadClasses() ?? new Dictionary<string, string>(),
            Seed = generation.Seed,
            Count = generation.Count ?? latents?.Count ?? 1,
            Width = generation.Width ?? latents?.Width * model.VaeFactor ?? side,
            Height = generation.Height ?? latents?.Height * model.VaeFactor ?? side,
            Latents = latents?.Path,
            Precision = generation.Precision,
            Device = generation.Device,
            Out = folder,
        };
        if (plan.PersonalizationGuidance != 1)
        {
            ImagePipeline.RequireLearned(loras, embeddings, plan.UNet);
        }

        plan.CheckSize(latents);
        SchedulerFactory.Require(plan.Scheduler, SchedulerConfig.Load(model.Folder.SchedulerFile), plan.Steps);
        return plan;
    }

    /// <summary>All settings as used.</summary>
    /// <param name="precision">What was computed in.</param>
    /// <returns>A JSON object.</returns>
    public JsonObject Settings(string precision)
    {
        var settings = new JsonObject
        {
            ["model"] = Model.Entry.Name,
            ["prompts"] = new JsonArray([.. Prompts.Select(prompt => (JsonNode)prompt)]),
            ["negative"] = Negative,
            ["loras"] = new JsonArray([.. Loras.Select(lora => (JsonNode)new JsonObject { ["file"] = lora.Path, ["scale"] = lora.Scale })]),
            ["unet"] = UNet,
            ["embeddings"] = new JsonArray([.. Embeddings.Select(embedding => (JsonNode)embedding.Path)]),
            ["steps"] = Steps,
            ["scheduler"] = Scheduler,
            ["guidance"] = Guidance,
            ["seed"] = Seed,
            ["count"] = Count,
            ["width"] = Width,
            ["height"] = Height,
            ["latents"] = Latents,
            ["precision"] = precision,
            ["device"] = Device,
        };
        if (PersonalizationGuidance != 1)
        {
            settings["personalization_guidance"] = PersonalizationGuidance;
        }

        return settings;
    }

    private void CheckSize(Latent? latents)
    {
        if ((long)Width * Height > GenerationOptions.MaxPixels)
        {
            throw new InvalidInputException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Width} x {Height} pixels are too many; a picture may have {GenerationOptions.MaxPixels} at most, such as 2048 x 2048."
                ),
                "width",
                "Give a smaller --width and --height."
            );
        }

        if (latents is not null && (latents.Count != Count || latents.Width * Model.VaeFactor != Width || latents.Height * Model.VaeFactor != Height))
        {
            throw new InvalidInputException(
                $"--latents holds noise for {latents.Count} pictures of {latents.Width * Model.VaeFactor} x {latents.Height * Model.VaeFactor}, but {Count} "
                    + $"of {Width} x {Height} are asked for.",
                "latents",
                "Leave --count, --width and --height out."
            );
        }
    }

    private sealed record Latent(string Path, int Count, int Height, int Width)
    {
        private const string Key = "latents";

        // The VAEs of Stable Diffusion make 8 pixels of one.
        private const int LargestLatent = GenerationOptions.MaxSide / 8;

        public static Latent Check(string path)
        {
            using var file = SafetensorsFile.Open(path);
            if (!file.Header.Tensors.TryGetValue(Key, out var entry))
            {
                throw new InvalidInputException($"{path} holds no tensor named {Key}.", "latents");
            }

            return
                entry.ElementType is (ScalarType.Float32 or ScalarType.Float16 or ScalarType.BFloat16 or ScalarType.Float64)
                && entry.Shape is [>= 1 and <= GenerationOptions.MaxCount, 4, >= 1 and <= LargestLatent, >= 1 and <= LargestLatent]
                ? new Latent(System.IO.Path.GetFullPath(path), (int)entry.Shape[0], (int)entry.Shape[2], (int)entry.Shape[3])
                : throw new InvalidInputException(
                    $"{path}: {Key} has the shape {entry.ShapeText} and the type {entry.ElementType}, which must be (N, 4, h, w) of floating-point numbers.",
                    "latents"
                );
        }
    }
}
