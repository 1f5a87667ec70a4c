using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>
/// The training objective L = L_SP + L_CL (eq. 3 to 5). All k + 1 terms of a step go through the UNet as one batch; a prompt that several terms share is encoded once.
/// </summary>
/// <param name="predictor">The UNet.</param>
/// <param name="conditioner">The text encoder.</param>
/// <param name="embedder">T(.); null without a CLIP, when the class loss must be off.</param>
/// <param name="masks">m_i at the size of the latents, in [0, 1]: (r, 1, h, w).</param>
/// <param name="prompts">The training prompts.</param>
/// <param name="options">Which terms count.</param>
public sealed class Objective(NoisePredictor predictor, TextConditioner conditioner, TextEmbedder? embedder, Tensor masks, ObjectivePrompts prompts, ObjectiveOptions options)
{
    /// <summary>The losses of one step.</summary>
    /// <param name="draw">What was drawn.</param>
    /// <param name="vectors">Learned vectors (rows, d), with gradient.</param>
    /// <returns>Scalars with gradient, in the current dispose scope.</returns>
    public ObjectiveValue Evaluate(StepDraw draw, Tensor vectors)
    {
        var terms = options.ObjectLoss ? draw.Subset : [];
        var (global, masked) = Denoising(draw, vectors, terms);
        var total = global;
        foreach (var i in terms)
        {
            total += masked[i];
        }

        var classLoss = ClassLoss(draw, vectors);
        return new ObjectiveValue(classLoss is null ? total : total + classLoss, global, masked, classLoss);
    }

    private (Tensor Global, Dictionary<int, Tensor> Masked) Denoising(StepDraw draw, Tensor vectors, IReadOnlyList<int> terms)
    {
        var z = draw.Latents;
        var latents = new Tensor[terms.Count + 1]; // the masked terms first, the global one last
        var weights = new Tensor?[terms.Count + 1];
        for (var row = 0; row < terms.Count; row++)
        {
            weights[row] = masks.narrow(0, terms[row], 1); // (1, 1, h, w)
            latents[row] = z * weights[row]!;
        }

        latents[^1] = z;
        var clean = cat(latents); // (k + 1, 4, h, w)
        var noise = draw.Noise.expand_as(clean);
        var (signal, spread) = (MathF.Sqrt(draw.AlphaBar), MathF.Sqrt(1 - draw.AlphaBar));
        var noisy = (clean * signal) + (noise * spread);
        var timesteps = full([clean.shape[0]], draw.Timestep, ScalarType.Int64, clean.device);
        var prediction = predictor(noisy, timesteps, States(terms, vectors));
        var target = options.PredictionType == Schedulers.PredictionType.Epsilon ? noise : (noise * signal) - (clean * spread);
        var residual = target - prediction;

        var masked = new Dictionary<int, Tensor>();
        for (var row = 0; row < terms.Count; row++)
        {
            // eps~ keeps its gradient, so eps~ - eps_theta is exactly m (target - prediction): a soft mask weighs with its square.
            var loss = (residual.narrow(0, row, 1) * weights[row]!).square().mean();
            masked[terms[row]] = options.MaskNormalisation == MaskNormalisation.Area ? loss / weights[row]!.mean() : loss;
        }

        return (residual.narrow(0, terms.Count, 1).square().mean(), masked);
    }

    private Tensor States(IReadOnlyList<int> terms, Tensor vectors)
    {
        if (prompts.Objects.Count == 1)
        {
            // With one object c and c_m are the same words.
            var states = conditioner(prompts.Global, vectors);
            return terms.Count == 0 ? states : states.expand(terms.Count + 1, -1, -1);
        }

        return conditioner(cat([.. terms.Select(i => prompts.Objects[i]), prompts.Global]), vectors);
    }

    private Tensor? ClassLoss(StepDraw draw, Tensor vectors)
    {
        if (!options.ClassLoss || draw.P >= options.ClassLossProbability)
        {
            return null;
        }

        var joint = embedder ?? throw new InvalidOperationException("The class loss needs a CLIP.");
        var embeddings = joint(cat([.. draw.Subset.Select(i => prompts.Own[i])]), vectors); // (k, joint)
        var classes = cat([.. draw.Subset.Select(i => prompts.ClassEmbeddings[i])]);
        return (1 - (options.ClassLossAlpha * Cosine.Of(embeddings, classes))).sum();
    }
}
