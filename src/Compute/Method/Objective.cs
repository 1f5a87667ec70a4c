using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>
/// The training objective L = L_SP + L_CL (eq. 3 to 5), of a whole step or of some of its terms. A step's UNet terms are, in this order, the masked terms of S,
/// objects ascending, and the global term; the class terms come last, together. Terms that are evaluated together go through the UNet as one batch; a prompt
/// that they share is encoded once.
/// </summary>
/// <param name="predictor">The UNet.</param>
/// <param name="conditioner">The text encoder.</param>
/// <param name="embedder">T(.); null without a CLIP, when the class loss must be off.</param>
/// <param name="masks">m_i at the size of the latents, in [0, 1]: (r, 1, h, w); of each object's own view where the draws have such latents.</param>
/// <param name="prompts">The training prompts.</param>
/// <param name="options">Which terms count.</param>
public sealed class Objective(
    NoisePredictor predictor,
    TextConditioner conditioner,
    TextEmbedder? embedder,
    Tensor masks,
    ObjectivePrompts prompts,
    ObjectiveOptions options
) : ITrainingObjective
{
    private static readonly IReadOnlyList<string> s_losses = [Method.LossNames.Global, Method.LossNames.Object, Method.LossNames.Class];

    /// <inheritdoc/>
    public IReadOnlyList<string> LossNames => s_losses;

    /// <summary>The losses of one step.</summary>
    /// <param name="draw">What was drawn.</param>
    /// <param name="vectors">Learned vectors (rows, d), with gradient.</param>
    /// <returns>Scalars with gradient, in the current dispose scope.</returns>
    public ObjectiveValue Evaluate(StepDraw draw, Tensor vectors)
    {
        var terms = Terms(draw);
        var losses = Denoising(draw, vectors, terms);
        var masked = new Dictionary<int, Tensor>();
        var total = losses[^1];
        for (var i = 0; i < terms.Count - 1; i++)
        {
            masked.Add(terms[i]!.Value, losses[i]);
            total = total.Add(losses[i]);
        }

        var classLoss = EvaluateClassTerms(draw, vectors);
        return new ObjectiveValue(classLoss is null ? total : total.Add(classLoss), losses[^1], masked, classLoss);
    }

    /// <inheritdoc/>
    public StepValue EvaluateStep(StepDraw draw, Tensor vectors)
    {
        var value = Evaluate(draw, vectors);
        return new StepValue(value.Total, [.. value.Masked.Values, value.Global], value.Class);
    }

    /// <inheritdoc/>
    public Tensor? EvaluateTextTerms(StepDraw draw, Tensor vectors) => EvaluateClassTerms(draw, vectors);

    /// <inheritdoc/>
    public IReadOnlyList<double> Gather(IReadOnlyList<double> terms, double textTerms)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return [terms[^1], terms.Take(terms.Count - 1).Sum(), textTerms];
    }

    /// <summary>Number of UNet terms of a step.</summary>
    /// <param name="draw">What was drawn.</param>
    /// <returns>Masked terms and the global one; 1 without object loss.</returns>
    public int CountTerms(StepDraw draw) => Terms(draw).Count;

    /// <summary>Some of a step's UNet terms, as one batch. Their sum over a step, with the class terms, is <see cref="Evaluate"/>'s total.</summary>
    /// <param name="draw">What was drawn.</param>
    /// <param name="vectors">Learned vectors (rows, d), with gradient.</param>
    /// <param name="first">The first term.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <returns>Scalars with gradient, in the order of the terms and in the current dispose scope.</returns>
    public IReadOnlyList<Tensor> EvaluateTerms(StepDraw draw, Tensor vectors, int first, int count) =>
        Denoising(draw, vectors, [.. Terms(draw).Skip(first).Take(count)]);

    /// <summary>The class terms of a step.</summary>
    /// <param name="draw">What was drawn.</param>
    /// <param name="vectors">Learned vectors (rows, d), with gradient.</param>
    /// <returns>L_CL summed over S, a scalar with gradient in the current dispose scope; null when it does not count in this step.</returns>
    public Tensor? EvaluateClassTerms(StepDraw draw, Tensor vectors)
    {
        if (!options.ClassLoss || draw.P >= options.ClassLossProbability)
        {
            return null;
        }

        var joint = embedder ?? throw new InvalidOperationException("The class loss needs a CLIP.");
        var embeddings = joint(cat([.. draw.Subset.Select(i => prompts.Own[i])]), vectors); // (k, joint)
        var classes = cat([.. draw.Subset.Select(i => prompts.ClassEmbeddings[i])]);
        return Cosine.Of(embeddings, classes).Mul(options.ClassLossAlpha).RSub(1).sum();
    }

    // The object of each UNet term; null is the global term.
    private List<int?> Terms(StepDraw draw) => [.. options.ObjectLoss ? draw.Subset.Order().Cast<int?>() : [], null];

    private Tensor[] Denoising(StepDraw draw, Tensor vectors, List<int?> terms)
    {
        var z = draw.Latents;
        var latents = new Tensor[terms.Count];
        var weights = new Tensor?[terms.Count];
        for (var row = 0; row < terms.Count; row++)
        {
            if (terms[row] is { } i)
            {
                weights[row] = (draw.Masks ?? masks).narrow(0, i, 1); // (1, 1, h, w)
                latents[row] = (draw.ObjectLatents?[i] ?? z) * weights[row]!;
            }
            else
            {
                latents[row] = z;
            }
        }

        var clean = cat(latents); // (terms, 4, h, w)
        var noise = draw.Noise.expand_as(clean);
        var (signal, spread) = (MathF.Sqrt(draw.AlphaBar), MathF.Sqrt(1 - draw.AlphaBar));
        var noisy = clean.Mul(signal).Add(noise.Mul(spread));
        var timesteps = TensorMath.Full([clean.shape[0]], draw.Timestep, ScalarType.Int64, clean.device);
        var prediction = predictor(noisy, timesteps, States(terms, vectors));
        var target = options.PredictionType == PredictionType.Epsilon ? noise : noise.Mul(signal) - clean.Mul(spread);
        var residual = target - prediction;
        var weight = MinSnr.Weight(options.MinSnrGamma, draw.AlphaBar, options.PredictionType);
        return [.. weights.Select((mask, row) => Loss(residual.narrow(0, row, 1), mask)).Select(loss => weight == 1 ? loss : loss.Mul(weight))];
    }

    private Tensor Loss(Tensor residual, Tensor? mask)
    {
        if (mask is null)
        {
            return residual.Square().mean();
        }

        // eps~ keeps its gradient, so eps~ - eps_theta is exactly m (target - prediction): a soft mask weighs with its square.
        var loss = (residual * mask).Square().mean();
        return options.MaskNormalisation == MaskNormalisation.Area ? loss / mask.mean() : loss;
    }

    private Tensor States(List<int?> terms, Tensor vectors)
    {
        if (prompts.Objects.Count == 1)
        {
            // With one object c and c_m are the same words.
            var states = conditioner(prompts.Global, vectors);
            return terms.Count == 1 ? states : states.expand(terms.Count, -1, -1);
        }

        return conditioner(cat([.. terms.Select(i => i is { } one ? prompts.Objects[one] : prompts.Global)]), vectors);
    }
}

/// <summary>The token ids of the training prompts, and the constant embeddings of the class names.</summary>
/// <param name="Global">c: names all objects, (1, L).</param>
/// <param name="Objects">c_m,i: names object i alone, each (1, L).</param>
/// <param name="Own">c_p,i: the object's tokens and nothing else, each (1, L).</param>
/// <param name="ClassEmbeddings">T(c_c,i), each (1, joint); empty without a CLIP.</param>
public sealed record ObjectivePrompts(Tensor Global, IReadOnlyList<Tensor> Objects, IReadOnlyList<Tensor> Own, IReadOnlyList<Tensor> ClassEmbeddings);

/// <summary>The losses of one step, as scalars with gradient.</summary>
/// <param name="Total">L = L_SP + L_CL.</param>
/// <param name="Global">The global term.</param>
/// <param name="Masked">The masked term of every object in S, by object; empty when switched off.</param>
/// <param name="Class">L_CL summed over S; null when not drawn or switched off.</param>
public sealed record ObjectiveValue(Tensor Total, Tensor Global, IReadOnlyDictionary<int, Tensor> Masked, Tensor? Class);
