using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Schedulers;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>
/// A base model, loaded. The UNet computes in the chosen type; the text encoder and the VAE in float32: they cost little, the VAE overflows in half precision
/// (diffusers' <c>force_upcast</c>), and the learned vectors get their gradient through the text encoder.
/// </summary>
public sealed class LoadedModels : IDisposable
{
    private LoadedModels(
        ModelFolder folder,
        UNet2DConditionModel unet,
        AutoencoderKL vae,
        ClipTextModel textEncoder,
        ClipTokenizer tokenizer,
        SchedulerConfig scheduler,
        Device device
    )
    {
        Folder = folder;
        UNet = unet;
        Vae = vae;
        TextEncoder = textEncoder;
        Tokenizer = tokenizer;
        Scheduler = scheduler;
        Device = device;
    }

    /// <summary>Where it came from.</summary>
    public ModelFolder Folder { get; }

    /// <summary>The UNet.</summary>
    public UNet2DConditionModel UNet { get; }

    /// <summary>The VAE.</summary>
    public AutoencoderKL Vae { get; }

    /// <summary>The text encoder.</summary>
    public ClipTextModel TextEncoder { get; }

    /// <summary>The tokenizer; learned tokens are added to it.</summary>
    public ClipTokenizer Tokenizer { get; }

    /// <summary>The model's own scheduler settings.</summary>
    public SchedulerConfig Scheduler { get; }

    /// <summary>Where it computes.</summary>
    public Device Device { get; }

    /// <summary>Loads a base model.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="precision">What the UNet computes in; settled.</param>
    /// <param name="deviceName">Where to: "cpu" or "cuda:N".</param>
    /// <param name="unet">Path of a UNet that takes the place of the folder's; null: its own.</param>
    /// <returns>The models, frozen, outside any dispose scope.</returns>
    /// <exception cref="InvalidInputException">A part is missing, damaged, or of another model.</exception>
    public static LoadedModels Load(ModelFolder folder, Precision precision, string deviceName, string? unet = null) =>
        Load(folder, precision == Precision.Bf16 ? ScalarType.BFloat16 : ScalarType.Float32, device(deviceName), unet);

    /// <summary>Loads a base model.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="type">What the UNet computes in: float32 or bfloat16.</param>
    /// <param name="device">Where to.</param>
    /// <param name="unet">Path of a UNet that takes the place of the folder's; null: its own.</param>
    /// <returns>The models, frozen, outside any dispose scope.</returns>
    /// <exception cref="InvalidInputException">A part is missing, damaged, or of another model.</exception>
    public static LoadedModels Load(ModelFolder folder, ScalarType type, Device device, string? unet = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var tokenizer = ClipTokenizer.Load(folder.TokenizerFolder, folder.TextEncoder.MaxPositionEmbeddings);
        if (tokenizer.VocabularySize != folder.TextEncoder.VocabSize)
        {
            // Learned tokens get the ids that follow, so both must end at the same one.
            throw new InvalidInputException(
                $"The tokenizer does not fit the text encoder: tokenizer/vocab.json has {tokenizer.VocabularySize} words, text_encoder/config.json has "
                    + $"vocab_size {folder.TextEncoder.VocabSize}.",
                "tokenizer/vocab.json",
                "Take all parts from the same model."
            );
        }

        var scheduler = SchedulerConfig.Load(folder.SchedulerFile);
        return new LoadedModels(
            folder,
            unet is null ? folder.LoadUNet(type, device) : folder.LoadUNet(unet, type, device),
            folder.LoadVae(ScalarType.Float32, device),
            folder.LoadTextEncoder(ScalarType.Float32, device),
            tokenizer,
            scheduler,
            device
        );
    }

    /// <summary>The joint space of the folder's CLIP; null without one.</summary>
    /// <returns>A new instance, which the caller disposes of.</returns>
    public JointSpace? LoadJointSpace() => JointSpace.Load(Folder, Tokenizer.EndId, Device);

    /// <inheritdoc/>
    public void Dispose()
    {
        UNet.Dispose();
        Vae.Dispose();
        TextEncoder.Dispose();
    }
}
