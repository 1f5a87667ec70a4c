using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Loading;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>CLIP's joint space of pictures and texts: I(.) and T(.). Embeddings are not normalised.</summary>
public sealed class JointSpace : IDisposable
{
    private readonly ClipModel _clip;
    private readonly ClipPreprocessor _preprocessor;
    private readonly long _endId;
    private readonly Device _device;

    private JointSpace(ClipModel clip, ClipPreprocessor preprocessor, long endId, Device device)
    {
        _clip = clip;
        _preprocessor = preprocessor;
        _endId = endId;
        _device = device;
    }

    /// <summary>The vocabulary of the text tower, (V, d).</summary>
    public Tensor TokenTable => _clip.TokenTable;

    /// <summary>Loads the CLIP of a model folder in float32: it is small beside the UNet, and its cosines are what training is measured by.</summary>
    /// <param name="folder">The model folder.</param>
    /// <param name="endId">Id of the end token, at whose first occurrence texts are pooled.</param>
    /// <param name="device">Where to.</param>
    /// <returns>The joint space; null if the folder has no CLIP.</returns>
    /// <exception cref="InvalidInputException">The CLIP is damaged or incomplete.</exception>
    public static JointSpace? Load(ModelFolder folder, long endId, Device device)
    {
        if (folder.ClipFolder is not { } path)
        {
            return null;
        }

        var preprocessor = ClipPreprocessor.Load(path);
        return preprocessor.Side == folder.Clip!.Vision.ImageSize
            ? new JointSpace(folder.LoadClip(ScalarType.Float32, device), preprocessor, endId, device)
            : throw new InvalidInputException(
                $"The CLIP's preprocessor does not fit it: preprocessor_config.json has crop_size {preprocessor.Side}, clip/config.json has image_size "
                    + $"{folder.Clip.Vision.ImageSize}.",
                "preprocessor_config.json: crop_size",
                "Take both from the same CLIP."
            );
    }

    /// <summary>T(.).</summary>
    /// <param name="ids">Token ids (N, L).</param>
    /// <param name="vectors">Learned vectors (rows, d), with gradient; null when the texts have none.</param>
    /// <returns>(N, joint), with gradient.</returns>
    public Tensor Text(Tensor ids, Tensor? vectors) => _clip.TextFeatures(ids, vectors, _endId);

    /// <summary>I(.).</summary>
    /// <param name="images">N pictures of any size.</param>
    /// <returns>(N, joint), constant.</returns>
    public Tensor Images(params IReadOnlyList<RgbImage> images)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        return _clip.ImageFeatures(_preprocessor.Process(images).to(_device)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose() => _clip.Dispose();
}
