using OrleansOneShot.Compute.Models.Layers;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Lora;

/// <summary>What a file changes of one layer: its weight, in whatever form the file stores that, and its bias.</summary>
/// <param name="Module">The layer's full name.</param>
/// <param name="Source">The file's name in messages.</param>
/// <param name="Delta">The change of the weight; null when the bias alone is changed.</param>
/// <param name="Magnitude">DoRA: the lengths of the changed weight's rows, or columns; null for none.</param>
/// <param name="OfColumns">Whether those are lengths of columns.</param>
/// <param name="Bias">The change of the bias, (out), or null.</param>
internal sealed record LoraChange(string Module, string Source, WeightDelta? Delta, Tensor? Magnitude, bool OfColumns, Tensor? Bias) : IDisposable
{
    /// <summary>The low-rank pair that the change consists of; null when it is of another form.</summary>
    public ProductDelta? LowRank => Magnitude is null ? Delta as ProductDelta : null;

    /// <summary>The change of the weight, with alpha / r.</summary>
    /// <param name="layer">The layer, unchanged.</param>
    /// <param name="scale">The LoRA scale.</param>
    /// <returns>Of the weight's sizes, float32, on its device; null when there is none.</returns>
    public Tensor? WeightChange(AdaptableLayer layer, double scale)
    {
        if (Delta is null)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        var weight = layer.weight;
        var change = Delta.Unscaled(weight.shape, weight.device).Mul(Delta.Scale * (Magnitude is null ? scale : 1));
        if (Magnitude is not null)
        {
            change = Renormalised(weight.to(ScalarType.Float32), change, Magnitude.to(ScalarType.Float32, weight.device), OfColumns).Mul(scale);
        }

        return change.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var factor in Delta?.Factors ?? [])
        {
            factor.Dispose();
        }

        Magnitude?.Dispose();
        Bias?.Dispose();
    }

    // DoRA (Liu et al. 2024): the sum of weight and change, each row (PEFT, LyCORIS) or column (LyCORIS' older files) brought to the learned length. What is
    // left is the whole change.
    internal static Tensor Renormalised(Tensor weight, Tensor change, Tensor magnitude, bool ofColumns)
    {
        var sum = weight.Add(change);
        var matrix = ofColumns ? sum.transpose(0, 1).flatten(1) : sum.flatten(1);
        long[] sizes = [.. weight.shape.Select((size, i) => i == (ofColumns ? 1 : 0) ? size : 1)];
        var length = matrix.Square().sum(1).sqrt().view(sizes).Clamp(1e-12, null);
        return sum.mul(magnitude.reshape(sizes).div(length)).sub(weight);
    }
}
