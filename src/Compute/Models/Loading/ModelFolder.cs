using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>
/// A Stable Diffusion 1.x or 2.x model in diffusers' folder layout, with the CLIP of its joint space and its own defaults where it has them. Opening
/// reads configurations only.
/// </summary>
public sealed partial class ModelFolder
{
    private const string DiffusersStem = "diffusion_pytorch_model";
    private const string TransformersStem = "model";

    private readonly string? _clipPath;

    private ModelFolder(string path, string? clipPath, string? defaults)
    {
        Path = path;
        _clipPath = clipPath;
        UNet = UNetConfig.Read(Within("unet", "config.json"));
        Vae = VaeConfig.Read(Within("vae", "config.json"));
        TextEncoder = ClipTextConfig.Read(Within("text_encoder", "config.json"));
        Clip = clipPath is null ? null : ClipConfig.Read(System.IO.Path.Combine(clipPath, "config.json"));
        DefaultsText = defaults ?? (File.Exists(Within(DefaultsName)) ? ModelDefaultsFile.ReadText(Within(DefaultsName)) : "");
        Defaults = DefaultsText.Length == 0 ? new ModelDefaults() : ModelDefaultsFile.Parse(DefaultsText);
    }

    /// <summary>Full path of the folder.</summary>
    public string Path { get; }

    /// <summary>
    /// The folder's name, such as <c>toyworld-64</c>; of a snapshot in a Hugging Face cache, whose folder is named by a commit, the repository's.
    /// </summary>
    public string Name => HubSnapshot.NameOf(Path) ?? System.IO.Path.GetFileName(Path);

    /// <summary>Configuration of the UNet.</summary>
    public UNetConfig UNet { get; }

    /// <summary>Configuration of the VAE.</summary>
    public VaeConfig Vae { get; }

    /// <summary>Configuration of the text encoder.</summary>
    public ClipTextConfig TextEncoder { get; }

    /// <summary>Configuration of the CLIP, or null when there is none.</summary>
    public ClipConfig? Clip { get; }

    /// <summary>The folder's own defaults; all null when it has no <c>oneshot.json</c>.</summary>
    public ModelDefaults Defaults { get; }

    /// <summary>The text of <c>oneshot.json</c>, for <see cref="WithDefaults"/>; empty when there is none.</summary>
    public string DefaultsText { get; }

    /// <summary>Full path of the CLIP's folder, or null when there is none.</summary>
    public string? ClipFolder => _clipPath;

    /// <summary>Full path of <c>tokenizer/</c>.</summary>
    public string TokenizerFolder => Within("tokenizer");

    /// <summary>Full path of <c>scheduler/scheduler_config.json</c>.</summary>
    public string SchedulerFile => Within("scheduler", "scheduler_config.json");

    /// <summary>Where weights in the type that is computed in are kept for all slots of this host; null converts them in memory each time.</summary>
    public ConvertedWeights? Converted { get; private init; }

    /// <summary>Opens a model folder: reads and checks its configurations and that its files are there, but no weights.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="clipPath">A CLIP's folder, used instead of the folder's own <c>clip/</c>; or null.</param>
    /// <param name="converted">
    /// Where weights in the type that is computed in are kept for all slots of this host; null converts them in memory each time.
    /// </param>
    /// <returns>The model, whose parts fit each other.</returns>
    /// <exception cref="InvalidInputException">A file is missing or can't be used, or a part does not fit; the message names it.</exception>
    public static ModelFolder Open(string path, string? clipPath = null, ConvertedWeights? converted = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (!Directory.Exists(full))
        {
            throw File.Exists(full)
                ? new InvalidInputException(
                    $"The model {path} is {LinkedFile.WhatIs(full)}, not a diffusers folder.",
                    "model",
                    "Convert a single-file checkpoint with: oneshot models convert FILE --out DIR"
                )
                : new InvalidInputException($"The model folder {path} doesn't exist.", "model", "Check the path.");
        }

        if (clipPath is not null && !Directory.Exists(clipPath))
        {
            throw new InvalidInputException($"The CLIP folder {clipPath} doesn't exist.", "clip", "Check the path.");
        }

        var own = System.IO.Path.Combine(full, "clip");
        var model = new ModelFolder(
            full,
            clipPath is not null ? System.IO.Path.GetFullPath(clipPath)
                : Directory.Exists(own) ? own
                : null,
            defaults: null
        )
        {
            Converted = converted,
        };
        model.CheckFiles();
        model.CheckFit();
        return model;
    }

    /// <summary>Loads the UNet.</summary>
    /// <param name="type">Element type to compute in: float32 or bfloat16 (float16 on a GPU).</param>
    /// <param name="device">Device to compute on.</param>
    /// <returns>The model with frozen weights. The caller disposes of it.</returns>
    /// <exception cref="InvalidInputException">The weights can't be used.</exception>
    public UNet2DConditionModel LoadUNet(ScalarType type, Device device) => Load<UNet2DConditionModel>("unet", type, device);

    /// <summary>Loads another UNet in place of the model's own, such as one that DreamBooth has trained.</summary>
    /// <param name="path">A folder with <c>config.json</c> and weights in diffusers' layout.</param>
    /// <param name="type">Element type to compute in.</param>
    /// <param name="device">Device to compute on.</param>
    /// <returns>The model with frozen weights. The caller disposes of it.</returns>
    /// <exception cref="InvalidInputException">It can't be used, or is no UNet for this model's text states and latents.</exception>
    public UNet2DConditionModel LoadUNet(string path, ScalarType type, Device device)
    {
        var config = UNetConfig.Read(System.IO.Path.Combine(path, "config.json"));
        if (config.CrossAttentionDim != UNet.CrossAttentionDim || config.InChannels != UNet.InChannels || config.OutChannels != UNet.OutChannels)
        {
            throw new InvalidInputException(
                $"The UNet {path} does not fit {Name}: it was made for another base model.",
                "unet/config.json",
                "Draw with the base model that it was trained from."
            );
        }

        var part = new ModelPart("unet", path, DiffusersStem, KeyRules.Plain, WeightCounts.Of(config), () => new UNet2DConditionModel(config));
        return Load<UNet2DConditionModel>(part, type, device, null);
    }

    /// <summary>Loads the VAE.</summary>
    /// <param name="type">Element type to compute in.</param>
    /// <param name="device">Device to compute on.</param>
    /// <returns>The model with frozen weights. The caller disposes of it.</returns>
    /// <exception cref="InvalidInputException">The weights can't be used.</exception>
    public AutoencoderKL LoadVae(ScalarType type, Device device) => Load<AutoencoderKL>("vae", type, device);

    /// <summary>Loads the text encoder.</summary>
    /// <param name="type">Element type to compute in.</param>
    /// <param name="device">Device to compute on.</param>
    /// <returns>The model with frozen weights. The caller disposes of it.</returns>
    /// <exception cref="InvalidInputException">The weights can't be used.</exception>
    public ClipTextModel LoadTextEncoder(ScalarType type, Device device) => Load<ClipTextModel>("text_encoder", type, device);

    /// <summary>Loads the CLIP.</summary>
    /// <param name="type">Element type to compute in.</param>
    /// <param name="device">Device to compute on.</param>
    /// <returns>The model with frozen weights. The caller disposes of it.</returns>
    /// <exception cref="InvalidInputException">There is none, or its weights can't be used.</exception>
    public ClipModel LoadClip(ScalarType type, Device device) =>
        Clip is not null
            ? Load<ClipModel>("clip", type, device)
            : throw new InvalidInputException(
                $"The model folder {Name} has no CLIP, which prototype, class loss and metrics need.",
                "clip",
                "Give one with --clip (openai/clip-vit-large-patch14 for SD 1.x, laion/CLIP-ViT-H-14-laion2B-s32B-b79K for SD 2.x), or switch them off with "
                    + "--no-prototype --no-class-loss."
            );

    /// <summary>
    /// The model's identity: SHA-256 over the names and SHA-256 hashes of all weight files, the CLIP's included. Files are read once a process.
    /// </summary>
    /// <returns>64 lower-case hexadecimal digits, the same wherever the folder lies.</returns>
    /// <exception cref="InvalidInputException">A part has no weights.</exception>
    public string Hash()
    {
        var lines = new StringBuilder();
        foreach (var part in Parts())
        {
            foreach (var path in WeightFiles.Find(part.Folder, part.Name, part.Stem).Paths)
            {
                lines.Append(part.Name).Append('/').Append(System.IO.Path.GetFileName(path)).Append(' ').Append(FileHashes.Sha256(path)).Append('\n');
            }
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(lines.ToString())));
    }

    /// <summary>Checks every weight of every part: names, shapes, types, and that all values are finite.</summary>
    /// <returns>The findings; problems are reported, not thrown.</returns>
    public ModelReport Verify()
    {
        var reports = Parts().Select(ModelVerifier.Check).ToList();
        return new ModelReport(Path, reports.All(r => r.Files.Count > 0) ? Hash() : null, reports);
    }

    /// <summary>Checks every weight of a CLIP's folder, as <see cref="Verify"/> does for a whole model.</summary>
    /// <param name="path">The folder of a <c>CLIPModel</c>.</param>
    /// <returns>The findings; problems of the weights are reported, not thrown.</returns>
    /// <exception cref="InvalidInputException">Its configuration can't be used.</exception>
    public static ModelPartReport VerifyClip(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        var config = ClipConfig.Read(System.IO.Path.Combine(path, "config.json"));
        return ModelVerifier.Check(new ModelPart("clip", path, TransformersStem, KeyRules.Clip, WeightCounts.Of(config), () => new ClipModel(config)));
    }

    /// <summary>
    /// Compares what a part's configuration describes with what its weight files hold, from the headers alone: for whoever computes with a configuration's
    /// sizes before weights are loaded.
    /// </summary>
    /// <param name="name">unet, vae, text_encoder or clip.</param>
    /// <exception cref="InvalidInputException">The configuration describes a much larger model, or there are no sound weights.</exception>
    public void RequireWeightsOfSize(string name)
    {
        var part = Parts().Single(p => p.Name == name);
        using var source = WeightSource.Open(part.Folder, part.Name, part.Stem);
        part.RequireSize(source);
    }

    internal IEnumerable<ModelPart> Parts()
    {
        yield return new ModelPart("unet", Within("unet"), DiffusersStem, KeyRules.Plain, WeightCounts.Of(UNet), () => new UNet2DConditionModel(UNet));
        yield return new ModelPart("vae", Within("vae"), DiffusersStem, KeyRules.Vae, WeightCounts.Of(Vae), () => new AutoencoderKL(Vae));
        yield return new ModelPart(
            "text_encoder",
            Within("text_encoder"),
            TransformersStem,
            KeyRules.TextEncoder,
            WeightCounts.Of(TextEncoder),
            () => new ClipTextModel(TextEncoder)
        );
        if (Clip is { } clip)
        {
            yield return new ModelPart("clip", _clipPath!, TransformersStem, KeyRules.Clip, WeightCounts.Of(clip), () => new ClipModel(clip));
        }
    }

    private T Load<T>(string name, ScalarType type, Device device)
        where T : Module => Load<T>(Parts().Single(p => p.Name == name), type, device, Converted);

    private static T Load<T>(ModelPart part, ScalarType type, Device device, ConvertedWeights? converted)
        where T : Module
    {
        TorchRuntime.Initialise();
        using var source = WeightSource.Open(part.Folder, part.Name, part.Stem);
        using var scope = NewDisposeScope(); // for what the layers' constructors leave behind
        var module = (T)part.Create(source);
        try
        {
            StrictLoader.Load(module, source, part.Rules, type, device, match => converted?.Find(part.Name, match, source, type));
            return module;
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    private string Within(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    private void CheckFiles()
    {
        ConfigFile.Read(Within("model_index.json"), "model_index.json").Require("_class_name", "StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline");
        foreach (
            string[] needed in (string[][])
                [
                    ["tokenizer", "vocab.json"],
                    ["tokenizer", "merges.txt"],
                    ["scheduler", "scheduler_config.json"],
                ]
        )
        {
            var file = Within(needed);
            if (!File.Exists(file) || LinkedFile.WhatIs(file) != "a file")
            {
                throw new InvalidInputException(
                    $"The model folder lacks {string.Join('/', needed)} "
                        + $"({(File.Exists(file) ? $"{file} is {LinkedFile.WhatIs(file)}" : $"looked in {Path}")}).",
                    string.Join('/', needed),
                    "Download the model again, or point to a complete diffusers folder."
                );
            }
        }

        foreach (var part in Parts())
        {
            WeightFiles.Find(part.Folder, part.Name, part.Stem);
        }
    }

    private void CheckFit()
    {
        if (TextEncoder.HiddenSize != UNet.CrossAttentionDim)
        {
            throw new InvalidInputException(
                $"The text encoder does not fit the UNet: text_encoder/config.json has hidden_size {TextEncoder.HiddenSize}, unet/config.json has "
                    + $"cross_attention_dim {UNet.CrossAttentionDim}.",
                "text_encoder/config.json: hidden_size",
                "Take all parts from the same model."
            );
        }

        if (Vae.LatentChannels != UNet.InChannels || Vae.LatentChannels != UNet.OutChannels)
        {
            throw new InvalidInputException(
                $"The VAE does not fit the UNet: vae/config.json has latent_channels {Vae.LatentChannels}, unet/config.json has in_channels "
                    + $"{UNet.InChannels} and out_channels {UNet.OutChannels}.",
                "vae/config.json: latent_channels",
                "Take all parts from the same model; inpainting and depth models are not supported."
            );
        }

        if (Clip?.Text is { } text)
        {
            RefuseUnlessEqual("vocab_size", text.VocabSize, TextEncoder.VocabSize);
            RefuseUnlessEqual("hidden_size", text.HiddenSize, TextEncoder.HiddenSize);
            RefuseUnlessEqual("max_position_embeddings", text.MaxPositionEmbeddings, TextEncoder.MaxPositionEmbeddings);
        }
    }

    private static void RefuseUnlessEqual(string field, int clip, int encoder)
    {
        if (clip != encoder)
        {
            throw new InvalidInputException(
                $"The CLIP does not fit the text encoder: {field} is {clip} in the CLIP's text_config and {encoder} in text_encoder/config.json, so learned "
                    + $"tokens can't serve both.",
                $"clip/config.json: text_config.{field}",
                "Use the CLIP that the model was trained with: openai/clip-vit-large-patch14 for SD 1.x, laion/CLIP-ViT-H-14-laion2B-s32B-b79K for SD 2.x."
            );
        }
    }
}
