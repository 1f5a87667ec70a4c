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
    private readonly double _tokenLearningRate;
    private readonly FlatAdamW _loraOptimiser;
    private readonly FlatAdamW _tokenOptimiser;

    /// <summary>Prepares the optimiser.</summary>
    /// <param name="objective">The objective.</param>
    /// <param name="draw">What is random in a step.</param>
    /// <param name="lora">The LoRA, attached to the UNet of the objective.</param>
    /// <param name="tokens">The token vectors, as <see cref="VectorsName"/>.</param>
    /// <param name="learningRate">AdamW's learning rate for the LoRA.</param>
    /// <param name="tokenLearningRate">AdamW's learning rate for the token vectors.</param>
    /// <param name="weightDecay">AdamW's decoupled weight decay, on everything that trains.</param>
    public Trainer(Objective objective, Func<int, StepDraw> draw, LoraNetwork lora, FlatParameters tokens, double learningRate, double tokenLearningRate, double weightDecay)
    {
        _objective = objective;
        _draw = draw;
        _learningRate = learningRate;
        _tokenLearningRate = tokenLearningRate;
        Lora = lora;
        Tokens = tokens;
        _loraOptimiser = new FlatAdamW([lora.Parameters], learningRate, weightDecay);
        _tokenOptimiser = new FlatAdamW([tokens], tokenLearningRate, weightDecay);
    }

    /// <summary>The LoRA.</summary>
    public LoraNetwork Lora { get; }

    /// <summary>The token vectors.</summary>
    public FlatParameters Tokens { get; }

    /// <summary>The optimisers by name, whose states go into checkpoints.</summary>
    public IReadOnlyList<(string Name, FlatAdamW Optimiser)> Optimisers => [("lora", _loraOptimiser), ("tokens", _tokenOptimiser)];

    /// <summary>The vectors of all objects, (rows, d).</summary>
    public Tensor Vectors => Tokens[VectorsName];

    /// <summary>Does one step.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="rateFactor">What both learning rates are multiplied with in this step.</param>
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

        _loraOptimiser.LearningRate = _learningRate * rateFactor;
        _tokenOptimiser.LearningRate = _tokenLearningRate * rateFactor;
        foreach (var (_, optimiser) in Optimisers)
        {
            optimiser.Step();
            optimiser.ZeroGradients();
        }

        return losses;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _loraOptimiser.Dispose();
        _tokenOptimiser.Dispose();
    }
}
