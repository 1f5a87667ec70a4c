using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation.Methods;

/// <summary>A LoRA of the UNet, with token vectors that are learned beside it or stay what they are.</summary>
internal sealed class LoraParts : ITrainedParts
{
    /// <summary>Name of the LoRA's group.</summary>
    public const string GroupName = "lora";

    private readonly LoraNetwork _lora;
    private readonly LoadedModels _models;
    private readonly string _name;
    private readonly IdentifierVectors _vectors;

    private LoraParts(LoraNetwork lora, IdentifierVectors vectors, LoadedModels models, ImplantationOptions options)
    {
        (_lora, _vectors, _models, _name) = (lora, vectors, models, options.Name);
        Groups = [new ParameterGroup(GroupName, lora.Parameters, options.LearningRate), .. vectors.Groups(options.TokenLearningRate ?? options.LearningRate)];
    }

    /// <inheritdoc/>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <inheritdoc/>
    public Tensor Vectors => _vectors.Values;

    /// <summary>The layers that carry LoRA.</summary>
    /// <param name="options">Options of a method with a LoRA.</param>
    public static LoraTargetModules TargetsOf(ImplantationOptions options) =>
        (options.CrossAttentionOnly ? LoraTargetModules.Cross : LoraTargetModules.Attention) | options.MoreTargets;

    /// <summary>Makes a new LoRA, which changes nothing yet.</summary>
    /// <param name="run">The run.</param>
    /// <param name="vectors">What the identifiers stand for; owned.</param>
    public static LoraParts Create(MethodRun run, IdentifierVectors vectors)
    {
        var (models, options) = (run.Models, run.Options);
        using var random = new KeyedRandom(options.Seed, 0, RandomPurpose.LoraInit);
        var settings = new LoraSettings(options.Rank, options.Alpha, TargetsOf(options), options.Dora);
        var lora = LoraNetwork.Create(models.UNet.AdaptableLayers, settings, random.Generator, models.Device);
        return new LoraParts(lora, vectors, models, options);
    }

    /// <inheritdoc/>
    public void Attach() => _lora.Attach(_models.UNet.AdaptableLayers);

    /// <inheritdoc/>
    public void Detach() => _lora.Detach();

    /// <summary>
    /// Merging makes the samples cheaper; in bfloat16 a merged LoRA loses its small changes to rounding, so there it stays beside the weights.
    /// </summary>
    public ILearnedChange Use() =>
        _models.UNet.ComputeType == ScalarType.Float32 ? _lora.MergeInto(_models.UNet.AdaptableLayers) : new AttachedLora(_lora, _models.UNet.AdaptableLayers);

    /// <inheritdoc/>
    public void Write(string folder, ModelSpec spec)
    {
        LoraFile.WriteKohya(Path.Combine(folder, $"{_name}.safetensors"), _lora, spec);
        LoraFile.WritePeft(Path.Combine(folder, ImplantationFiles.PeftLora), _lora, spec);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _vectors.Dispose();
        _lora.Dispose();
    }
}
