using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Optimisation;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>The training loop's body: one step of AdamW over all LoRA tensors and token vectors. The base model is frozen.</summary>
internal sealed class Trainer : IDisposable
{
    /// <summary>Name of the vectors among the token parameters.</summary>
    public const string VectorsName = "vectors";

    private readonly Objective _objective;
    private readonly Func<int, StepDraw> _draw;
    private readonly double _learningRate;

    /// <summary>Prepares the optimiser.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="draw">What is random in a step.</param>
    /// <param name="lora">The LoRA, attached to the UNet of the objective.</param>
    /// <param name="tokens">The token vectors, as <see cref="VectorsName"/>.</param>
    /// <param name="learningRate">AdamW's learning rate, one for all as in the paper.</param>
    /// <param name="weightDecay">AdamW's decoupled weight decay, on everything that trains.</param>
    public Trainer(Objective objective, Func<int, StepDraw> draw, LoraNetwork lora, FlatParameters tokens, double learningRate, double weightDecay)
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

    /// <summary>Does one step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="rateFactor">What the learning rate is multiplied with in this step.</param>
    /// <returns>The losses before the update.</returns>
    /// <exception cref="ArithmeticException">The loss is no number: the learning rate is too high, or the model overflows in this precision.</exception>
    public StepLosses Step(int step, double rateFactor = 1)
    {
        using var scope = NewDisposeScope();
        var value = _objective.Evaluate(_draw(step), Vectors);
        value.Total.backward();
        var losses = new StepLosses(
            value.Global.item<float>(), value.Masked.Values.Sum(m => (double)m.item<float>()), value.Class is { } classLoss ? classLoss.item<float>() : 0);
        if (!double.IsFinite(losses.Total))
        {
            throw new ArithmeticException($"The loss of step {step + 1} is no number.");
        }

        Optimiser.LearningRate = _learningRate * rateFactor;
        Optimiser.Step();
        Optimiser.ZeroGradients();
        return losses;
    }

    /// <inheritdoc/>
    public void Dispose() => Optimiser.Dispose();
}
