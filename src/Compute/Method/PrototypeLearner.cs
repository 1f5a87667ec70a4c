using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>
/// Prototypical embedding (eq. 2): finds the vectors whose text embedding points at the object, before any training of the UNet. The text encoder is frozen;
/// the vectors alone move.
/// </summary>
/// <param name="embedder">T(.).</param>
/// <param name="options">Settings.</param>
/// <param name="distance">What <see cref="PrototypeOptions.Distance"/> is measured by; null only where that is.</param>
public sealed class PrototypeLearner(TextEmbedder embedder, PrototypeOptions options, ClassDistance? distance = null)
{
    private const string VectorsName = "vectors";

    /// <summary>Runs Adam (betas 0.9, 0.999, eps 1e-8) on L_PE = 1 - cos(T(c_p), theta_m).</summary>
    /// <param name="ids">c_p: ids (1, L) in which the object's tokens are <c>vocabulary + 0 .. n - 1</c>.</param>
    /// <param name="start">Starting vectors (n, d); left alone.</param>
    /// <param name="target">theta_m, (1, joint).</param>
    /// <param name="vocabularyNorm">Mean L2 norm of the vocabulary's rows.</param>
    /// <param name="observe">Called with (steps done, L_PE); may be null.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <returns>The best vectors and the curve; of vectors that went too far, the loss is its last entry, and they are not kept.</returns>
    /// <exception cref="OperationCanceledException">It was asked to stop.</exception>
    public PrototypeResult Learn(
        Tensor ids,
        Tensor start,
        Tensor target,
        double vocabularyNorm,
        Action<int, double>? observe = null,
        CancellationToken cancellationToken = default
    )
    {
        using var outer = NewDisposeScope();
        using var parameters = new FlatParameters([(VectorsName, start.shape)], start.device);
        parameters.Assign(VectorsName, start);
        var vectors = parameters[VectorsName];
        using var optimiser = new FlatAdamW([parameters], options.LearningRate, weightDecay: 0);
        var losses = new List<double>();
        var best = vectors.detach().clone().DetachFromDisposeScope();
        var bestStep = 0;
        double? bestDistance = null;
        for (var step = 0; ; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            optimiser.ZeroGradients();
            using var loss = Loss(ids, vectors, target);
            losses.Add(loss.item<float>());
            observe?.Invoke(step, losses[^1]);
            var away = distance?.Of(vectors);
            if (away > options.Distance)
            {
                return new PrototypeResult(best, losses, bestStep) { Distance = bestDistance };
            }

            bestDistance ??= away;
            if (losses[^1] < losses[bestStep])
            {
                bestDistance = away;
                best.Dispose();
                best = vectors.detach().clone().DetachFromDisposeScope();
                bestStep = step;
            }

            if (step >= options.Steps || HasSettled(losses))
            {
                return new PrototypeResult(best, losses, bestStep) { Distance = bestDistance };
            }

            loss.backward();
            optimiser.Step();
            if (options.KeepNorm)
            {
                // Adam's moments are left alone on purpose: only the position is projected.
                using var guard = no_grad();
                vectors.mul_(vectors.norm(-1, keepdim: true).reciprocal().Mul(vocabularyNorm));
            }
        }
    }

    /// <summary>L_PE of some vectors.</summary>
    /// <param name="ids">c_p: ids (1, L).</param>
    /// <param name="vectors">Vectors (n, d).</param>
    /// <param name="target">theta_m, (1, joint), constant.</param>
    /// <returns>A scalar with gradient.</returns>
    public Tensor Loss(Tensor ids, Tensor vectors, Tensor target) => Cosine.Of(embedder(ids, vectors), target).mean().RSub(1);

    private bool HasSettled(List<double> losses)
    {
        if (losses.Count <= options.Patience)
        {
            return false;
        }

        var earlier = losses.Take(losses.Count - options.Patience).Min();
        return earlier - losses.Skip(losses.Count - options.Patience).Min() < options.Improvement;
    }
}

/// <summary>The prototypical embedding of one object.</summary>
/// <param name="Vectors">The vectors of the best step, (n, d), detached from any dispose scope; the caller owns them.</param>
/// <param name="Losses">L_PE before each step, and of the last step's result: steps + 1 entries.</param>
/// <param name="BestStep">Index into <paramref name="Losses"/> of the vectors that were kept.</param>
public sealed record PrototypeResult(Tensor Vectors, IReadOnlyList<double> Losses, int BestStep)
{
    /// <summary>Cosine of the kept embedding and its target, 1 - L_PE.</summary>
    public double Similarity => 1 - Losses[BestStep];

    /// <summary>How far the kept vectors take the text states from those they started at; null where that was not measured.</summary>
    public double? Distance { get; init; }
}
