using OrleansOneShot.Compute.Implantation;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.FanOut;

/// <summary>A UNet term alone, as bytes: what the run and every machine that helps it do alike, so that the result does not depend on where.</summary>
/// <param name="trainer">Has the weights to evaluate at.</param>
/// <param name="wire">The form of the bytes.</param>
internal sealed class TermGradients(Trainer trainer, ParameterWire wire)
{
    /// <summary>Evaluates a term into gradients of zero, and leaves them zero.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="term">The term.</param>
    /// <returns>Gradients and the term's loss.</returns>
    /// <exception cref="InvalidInputException">The step has no such term.</exception>
    public StepTermValue Evaluate(int step, int term)
    {
        using var scope = NewDisposeScope();
        var draw = trainer.Draw(step);
        var count = trainer.Objective.CountTerms(draw);
        if (term < 0 || term >= count)
        {
            throw new InvalidInputException($"Step {step} has {count} terms, so there is no term {term}.", "term");
        }

        wire.ZeroGradients();
        var losses = trainer.AccumulateTerms(draw, term, 1);
        var gradients = wire.PackGradients();
        wire.ZeroGradients();
        return new StepTermValue(gradients, [.. losses]);
    }
}
