using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>
/// What plain LoRA, Textual Inversion and DreamBooth minimise: || eps - eps_theta(z_t, t, c) ||^2 of the whole picture, without any mask; with DreamBooth's
/// prior preservation the same of a class picture besides, with a noise and a timestep of its own. Several terms go through the UNet as one batch.
/// </summary>
/// <param name="predictor">The UNet.</param>
/// <param name="conditioner">The text encoder.</param>
/// <param name="prompts">c: ids of the prompts of which a step draws one, each (1, L).</param>
/// <param name="classPrompt">Ids of the class pictures' prompt, (1, L); null without prior preservation.</param>
/// <param name="priorWeight">Weight of the class picture's term.</param>
/// <param name="predictionType">What the model predicts.</param>
/// <param name="minSnrGamma">gamma of min-SNR weights, of each term by its own timestep; 0: none.</param>
public sealed class WholePictureObjective(
    NoisePredictor predictor,
    TextConditioner conditioner,
    IReadOnlyList<Tensor> prompts,
    Tensor? classPrompt,
    double priorWeight,
    PredictionType predictionType,
    double minSnrGamma = 0
) : ITrainingObjective
{
    /// <inheritdoc/>
    public IReadOnlyList<string> LossNames { get; } = classPrompt is null ? [Method.LossNames.Global] : [Method.LossNames.Global, Method.LossNames.Prior];

    /// <inheritdoc/>
    public int CountTerms(StepDraw draw) => LossNames.Count;

    /// <inheritdoc/>
    public StepValue EvaluateStep(StepDraw draw, Tensor vectors)
    {
        var terms = EvaluateTerms(draw, vectors, 0, CountTerms(draw));
        return new StepValue(terms.Aggregate((sum, term) => sum.Add(term)), terms, null);
    }

    /// <inheritdoc/>
    public IReadOnlyList<Tensor> EvaluateTerms(StepDraw draw, Tensor vectors, int first, int count)
    {
        var rows = Rows(draw).Skip(first).Take(count).ToList();
        var noisy = cat([.. rows.Select(row => row.Latents.Mul(row.Signal).Add(row.Noise.Mul(row.Spread)))]); // (terms, 4, h, w)
        var timesteps = cat([.. rows.Select(row => TensorMath.Full([1], row.Timestep, ScalarType.Int64, noisy.device))]);
        var prediction = predictor(noisy, timesteps, conditioner(cat([.. rows.Select(row => row.Prompt)]), vectors));
        return
        [
            .. rows.Select(
                (row, i) =>
                {
                    var target = predictionType == PredictionType.Epsilon ? row.Noise : row.Noise.Mul(row.Signal) - row.Latents.Mul(row.Spread);
                    var loss = (target - prediction.narrow(0, i, 1)).Square().mean();
                    var weight = row.Weight * MinSnr.Weight(minSnrGamma, row.AlphaBar, predictionType);
                    return weight == 1 ? loss : loss.Mul(weight);
                }
            ),
        ];
    }

    /// <inheritdoc/>
    public Tensor? EvaluateTextTerms(StepDraw draw, Tensor vectors) => null;

    /// <inheritdoc/>
    public IReadOnlyList<double> Gather(IReadOnlyList<double> terms, double textTerms) => terms;

    private IEnumerable<Row> Rows(StepDraw draw)
    {
        ArgumentNullException.ThrowIfNull(draw);
        yield return new Row(draw.Latents, draw.Noise, draw.Timestep, draw.AlphaBar, prompts[draw.Prompt], 1);
        if (classPrompt is not null)
        {
            var prior = draw.Prior ?? throw new InvalidOperationException("Prior preservation needs a class picture in every step.");
            yield return new Row(prior.Latents, prior.Noise, prior.Timestep, prior.AlphaBar, classPrompt, priorWeight);
        }
    }

    private sealed record Row(Tensor Latents, Tensor Noise, long Timestep, float AlphaBar, Tensor Prompt, double Weight)
    {
        public float Signal => MathF.Sqrt(AlphaBar);

        public float Spread => MathF.Sqrt(1 - AlphaBar);
    }
}
