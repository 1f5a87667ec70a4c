using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>The training loop's body: one step of AdamW over all LoRA tensors and token vectors. The base model is frozen.</summary>
internal sealed class Trainer : IDisposable
{
    /// <summary>Name of the vectors among the token parameters.</summary>
    public const string VectorsName = "vectors";

    private readonly Objective _objective;
    private readonly Func<int, int, StepDraw> _draw;
    private readonly double _learningRate;

    /// <summary>Prepares the optimiser.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="draw">What is random in a step, by step and participant.</param>
    /// <param name="lora">The LoRA, attached to the UNet of the objective.</param>
    /// <param name="tokens">The token vectors, as <see cref="VectorsName"/>.</param>
    /// <param name="learningRate">AdamW's learning rate, one for all as in the paper.</param>
    /// <param name="weightDecay">AdamW's decoupled weight decay, on everything that trains.</param>
    public Trainer(Objective objective, Func<int, int, StepDraw> draw, LoraNetwork lora, FlatParameters tokens, double learningRate, double weightDecay)
    {
        _objective = objective;
        _draw = draw;
        _learningRate = learningRate;
        Lora = lora;
        Tokens = tokens;
        Optimiser = new FlatAdamW([lora.Parameters, tokens], learningRate, weightDecay);
    }

    /// <summary>The LoRA.</summary>
    public LoraNetwork Lora { get; }

    /// <summary>The token vectors.</summary>
    public FlatParameters Tokens { get; }

    /// <summary>The optimiser, whose state goes into checkpoints.</summary>
    public FlatAdamW Optimiser { get; }

    /// <summary>The vectors of all objects, (rows, d).</summary>
    public Tensor Vectors => Tokens[VectorsName];

    /// <summary>The objective.</summary>
    public Objective Objective => _objective;

    /// <summary>Does one step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="rateFactor">What the learning rate is multiplied with in this step.</param>
    /// <param name="microBatch">Terms a forward and backward pass; a step of no more terms is one batch.</param>
    /// <param name="participant">Whose draw, where several take their own steps.</param>
    /// <returns>The losses before the update.</returns>
    /// <exception cref="ArithmeticException">The loss is no number: the learning rate is too high, or the model overflows in this precision.</exception>
    public StepLosses Step(int step, double rateFactor = 1, int microBatch = int.MaxValue, int participant = 0)
    {
        using var scope = NewDisposeScope();
        var losses = Accumulate(_draw(step, participant), microBatch);
        Update(step, losses, rateFactor);
        return losses;
    }

    /// <summary>What is random in a step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <returns>Tensors in the current dispose scope.</returns>
    public StepDraw Draw(int step) => _draw(step, 0);

    /// <summary>Adds the gradients of a step to those that are there.</summary>
    /// <param name="draw">What was drawn.</param>
    /// <param name="microBatch">Terms a forward and backward pass.</param>
    /// <returns>The losses.</returns>
    public StepLosses Accumulate(StepDraw draw, int microBatch)
    {
        using var scope = NewDisposeScope();
        var terms = _objective.CountTerms(draw);
        if (microBatch >= terms)
        {
            var value = _objective.Evaluate(draw, Vectors);
            value.Total.backward();
            return new StepLosses(
                value.Global.item<float>(),
                value.Masked.Values.Sum(m => (double)m.item<float>()),
                value.Class is { } all ? all.item<float>() : 0
            );
        }

        var losses = new List<double>(terms);
        for (var first = 0; first < terms; first += microBatch)
        {
            losses.AddRange(AccumulateTerms(draw, first, Math.Min(microBatch, terms - first)));
        }

        return StepLosses.OfTerms(losses, AccumulateClassTerms(draw));
    }

    /// <summary>Adds the gradients of some UNet terms to those that are there.</summary>
    /// <param name="draw">What was drawn.</param>
    /// <param name="first">The first term.</param>
    /// <param name="count">How many.</param>
    /// <returns>Their losses.</returns>
    public IReadOnlyList<double> AccumulateTerms(StepDraw draw, int first, int count)
    {
        using var scope = NewDisposeScope();
        var values = _objective.EvaluateTerms(draw, Vectors, first, count);
        values.Aggregate((sum, loss) => sum.Add(loss)).backward();
        return [.. values.Select(v => (double)v.item<float>())];
    }

    /// <summary>Adds the gradients of the class terms to those that are there.</summary>
    /// <param name="draw">What was drawn.</param>
    /// <returns>Their loss; 0 when they don't count in this step.</returns>
    public double AccumulateClassTerms(StepDraw draw)
    {
        using var scope = NewDisposeScope();
        if (_objective.EvaluateClassTerms(draw, Vectors) is not { } loss)
        {
            return 0;
        }

        loss.backward();
        return loss.item<float>();
    }

    /// <summary>Updates what trains by the gradients that are there, and sets them to zero.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="losses">Its losses.</param>
    /// <param name="rateFactor">What the learning rate is multiplied with in this step.</param>
    /// <exception cref="ArithmeticException">A loss is no number; nothing was updated.</exception>
    public void Update(int step, StepLosses losses, double rateFactor)
    {
        if (!double.IsFinite(losses.Total))
        {
            throw new ArithmeticException($"The loss of step {step + 1} is no number.");
        }

        Optimiser.LearningRate = _learningRate * rateFactor;
        Optimiser.Step();
        Optimiser.ZeroGradients();
    }

    /// <inheritdoc/>
    public void Dispose() => Optimiser.Dispose();
}
