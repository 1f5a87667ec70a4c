using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Models.Dino;
using OrleansOneShot.Compute.Models.Loading;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Evaluation;

/// <summary>
/// Pictures by a DINO. It was trained to tell pictures apart and not to find words for them, so that it sees which of two cats it is where a CLIP sees a cat
/// (Ruiz et al. 2023). Not thread-safe.
/// </summary>
public sealed class DinoFeatures : IDisposable
{
    private readonly DinoModel _dino;
    private readonly ClipPreprocessor _preprocessor;
    private readonly Device _device;

    private DinoFeatures(FeatureModel model, DinoModel dino, ClipPreprocessor preprocessor, Device device)
    {
        Model = model;
        _dino = dino;
        _preprocessor = preprocessor;
        _device = device;
    }

    /// <summary>Which DINO it is.</summary>
    public FeatureModel Model { get; }

    /// <summary>Loads a DINO.</summary>
    /// <param name="folder">config.json, model.safetensors and preprocessor_config.json in transformers' layout.</param>
    /// <param name="name">Its name.</param>
    /// <param name="device">Where to compute.</param>
    /// <exception cref="InvalidInputException">A file is missing, damaged, or does not fit the others.</exception>
    public static DinoFeatures Load(string folder, string name, Device device)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var config = DinoConfig.Read(Path.Combine(folder, "config.json"));
        var preprocessor = VitPreprocessorConfig.Load(folder);
        if (preprocessor.Side < config.PatchSize)
        {
            throw new InvalidInputException(
                $"The DINO's preprocessor does not fit it: its pictures have {preprocessor.Side} pixels a side, a patch has {config.PatchSize}.",
                "dino",
                "Take both from the same DINO."
            );
        }

        var part = new ModelPart("dino", folder, "model", KeyRules.Dino, WeightCounts.Of(config), () => new DinoModel(config));
        return new DinoFeatures(FeatureModel.Of(name, part), FeatureModel.Load<DinoModel>(part, device), preprocessor, device);
    }

    /// <summary>The class token's state of each picture, which DreamBooth's DINO figure compares.</summary>
    /// <param name="pictures">N pictures of any size, at least one.</param>
    /// <returns>(N, width) on the CPU, not normalised, in the caller's dispose scope.</returns>
    public Tensor Images(params IReadOnlyList<RgbImage> pictures)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return _dino.call(_preprocessor.Process(pictures).to(_device)).select(1, 0).cpu().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _dino.Dispose();
}
