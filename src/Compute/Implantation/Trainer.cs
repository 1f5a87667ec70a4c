using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Optimisation;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>The training loop's body: one step of AdamW over all that a method trains.</summary>
internal sealed class Trainer : IDisposable
{
    private readonly Func<int, int, StepDraw> _draw;

    /// <summary>Prepares the optimiser.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="draw">What is random in a step, by step and participant.</param>
    /// <param name="groups">What trains, attached to the UNet of the objective.</param>
    /// <param name="vectors">What the identifiers stand for, (rows, d): parameters of a group, or constants.</param>
    /// <param name="weightDecay">AdamW's decoupled weight decay, on everything that trains.</param>
    public Trainer(ITrainingObjective objective, Func<int, int, StepDraw> draw, IReadOnlyList<ParameterGroup> groups, Tensor vectors, double weightDecay)
    {
        Objective = objective;
        _draw = draw;
        Groups = groups;
        Vectors = vectors;
        Optimiser = new FlatAdamW(groups, weightDecay);
    }

    /// <summary>What trains.</summary>
    public IReadOnlyList<ParameterGroup> Groups { get; }

    /// <summary>The optimiser, whose state goes into checkpoints.</summary>
    public FlatAdamW Optimiser { get; }

    /// <summary>What the identifiers of all objects stand for, (rows, d).</summary>
    public Tensor Vectors { get; }

    /// <summary>The objective.</summary>
    public ITrainingObjective Objective { get; }

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
        var terms = Objective.CountTerms(draw);
        if (microBatch >= terms)
        {
            var value = Objective.EvaluateStep(draw, Vectors);
            value.Total.backward();
            return LossesOf([.. value.Terms.Select(term => (double)term.item<float>())], value.TextTerms is { } all ? all.item<float>() : 0);
        }

        var losses = new List<double>(terms);
        for (var first = 0; first < terms; first += microBatch)
        {
            losses.AddRange(AccumulateTerms(draw, first, Math.Min(microBatch, terms - first)));
        }

        return LossesOf(losses, AccumulateTextTerms(draw));
    }

    /// <summary>Adds the gradients of some UNet terms to those that are there.</summary>
    /// <param name="draw">What was drawn.</param>
    /// <param name="first">The first term.</param>
    /// <param name="count">How many.</param>
    /// <returns>Their losses.</returns>
    public IReadOnlyList<double> AccumulateTerms(StepDraw draw, int first, int count)
    {
        using var scope = NewDisposeScope();
        var values = Objective.EvaluateTerms(draw, Vectors, first, count);
        values.Aggregate((sum, loss) => sum.Add(loss)).backward();
        return [.. values.Select(v => (double)v.item<float>())];
    }

    /// <summary>The losses of a step whose terms were evaluated apart.</summary>
    /// <param name="terms">The losses of all UNet terms, in their order.</param>
    /// <param name="textTerms">What <see cref="AccumulateTextTerms"/> gave.</param>
    public StepLosses LossesOf(IReadOnlyList<double> terms, double textTerms) => new(Objective.LossNames, Objective.Gather(terms, textTerms));

    /// <summary>Adds the gradients of the terms that need no UNet to those that are there.</summary>
    /// <param name="draw">What was drawn.</param>
    /// <returns>Their loss; 0 when they don't count in this step.</returns>
    public double AccumulateTextTerms(StepDraw draw)
    {
        using var scope = NewDisposeScope();
        if (Objective.EvaluateTextTerms(draw, Vectors) is not { } loss)
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

        Optimiser.RateFactor = rateFactor;
        Optimiser.Step();
        Optimiser.ZeroGradients();
    }

    /// <inheritdoc/>
    public void Dispose() => Optimiser.Dispose();
}
