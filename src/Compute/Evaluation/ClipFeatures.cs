using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Tokenization;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Evaluation;

/// <summary>Pictures and texts in the joint space of a CLIP, for measuring only. Not thread-safe.</summary>
public sealed class ClipFeatures : IDisposable
{
    private readonly ClipModel _clip;
    private readonly ClipPreprocessor _preprocessor;
    private readonly ClipTokenizer _tokenizer;
    private readonly Device _device;

    private ClipFeatures(FeatureModel model, ClipModel clip, ClipPreprocessor preprocessor, ClipTokenizer tokenizer, Device device)
    {
        Model = model;
        _clip = clip;
        _preprocessor = preprocessor;
        _tokenizer = tokenizer;
        _device = device;
    }

    /// <summary>Which CLIP it is.</summary>
    public FeatureModel Model { get; }

    /// <summary>Loads a CLIP.</summary>
    /// <param name="folder">
    /// A CLIP in transformers' layout (config.json, model.safetensors, preprocessor_config.json, vocab.json, merges.txt), or a base model whose <c>clip/</c> is
    /// one and whose <c>tokenizer/</c> serves it.
    /// </param>
    /// <param name="name">Its name.</param>
    /// <param name="device">Where to compute.</param>
    /// <exception cref="InvalidInputException">A file is missing, damaged, or does not fit the others.</exception>
    public static ClipFeatures Load(string folder, string name, Device device)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var own = Path.Combine(folder, "clip");
        var isBase = Directory.Exists(own);
        var clip = isBase ? own : folder;
        var config = ClipConfig.Read(Path.Combine(clip, "config.json"));
        var preprocessor = ClipPreprocessor.Load(clip);
        if (preprocessor.Side != config.Vision.ImageSize)
        {
            throw new InvalidInputException(
                $"The CLIP's preprocessor does not fit it: preprocessor_config.json has crop_size {preprocessor.Side}, config.json has image_size "
                    + $"{config.Vision.ImageSize}.",
                "clip",
                "Take both from the same CLIP."
            );
        }

        var words = Path.Combine(folder, "tokenizer");
        var tokenizer = ClipTokenizer.Load(Directory.Exists(words) ? words : clip, config.Text.MaxPositionEmbeddings);
        if (tokenizer.VocabularySize != config.Text.VocabSize)
        {
            throw new InvalidInputException(
                $"The tokenizer does not fit the CLIP: vocab.json has {tokenizer.VocabularySize} words, config.json has vocab_size {config.Text.VocabSize}.",
                "clip",
                "Take both from the same CLIP."
            );
        }

        var part = new ModelPart("clip", clip, "model", KeyRules.Clip, WeightCounts.Of(config), () => new ClipModel(config));
        return new ClipFeatures(
            FeatureModel.Of(isBase ? $"{name}/clip" : name, part),
            FeatureModel.Load<ClipModel>(part, device),
            preprocessor,
            tokenizer,
            device
        );
    }

    /// <summary>I(.) of a batch of pictures.</summary>
    /// <param name="pictures">N pictures of any size, at least one.</param>
    /// <returns>(N, joint) on the CPU, not normalised, in the caller's dispose scope.</returns>
    public Tensor Images(params IReadOnlyList<RgbImage> pictures)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return _clip.ImageFeatures(_preprocessor.Process(pictures).to(_device)).cpu().MoveToOuterDisposeScope();
    }

    /// <summary>T(.) of a batch of texts; what a text has beyond the CLIP's length is cut off, as transformers does.</summary>
    /// <param name="texts">N texts, at least one.</param>
    /// <returns>(N, joint) on the CPU, not normalised, in the caller's dispose scope.</returns>
    public Tensor Texts(params IReadOnlyList<string> texts)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return _clip.TextFeatures(_tokenizer.EncodePrompts(texts).to(_device), null, _tokenizer.EndId).cpu().MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _clip.Dispose();
}
