using OrleansOneShot.Common.Terms;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.FanOut;

/// <summary>
/// Steps term by term: each UNet term alone, here or elsewhere; gradients are added in the order of the terms, the class terms last. The class terms need no
/// UNet, so they never leave.
/// </summary>
/// <param name="parts">What trains.</param>
/// <param name="options">Options.</param>
/// <param name="slots">The slots that it borrows.</param>
internal sealed class TermSteps(TrainingParts parts, ImplantationOptions options, IBorrowedSlots slots) : ITrainingSteps
{
    private readonly TermGradients _gradients = new(parts.Trainer, parts.Wire);

    /// <inheritdoc/>
    public IReadOnlyList<StepLosses> Advance(int step, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var trainer = parts.Trainer;
        var draw = trainer.Draw(step);
        var values = slots.Evaluate(
            step,
            trainer.Objective.CountTerms(draw),
            parts.Wire.PackWeights(),
            term => _gradients.Evaluate(step, term),
            cancellationToken
        );
        Reduce(values.Select(v => v.Payload));
        var losses = trainer.LossesOf([.. values.Select(v => v.Losses[0])], trainer.AccumulateTextTerms(draw));
        trainer.Update(step, losses, LearningRate.Of(options).Factor(step));
        return [losses];
    }

    /// <summary>Replaces the gradients by the sum of the terms', in the order given.</summary>
    /// <param name="payloads">The terms' gradients.</param>
    internal void Reduce(IEnumerable<ReadOnlyMemory<byte>> payloads)
    {
        parts.Wire.ZeroGradients();
        foreach (var payload in payloads)
        {
            parts.Wire.AddGradients(payload.Span);
        }
    }
}

/// <summary>A UNet term alone, as bytes: what the run and its workers do alike, so that the result does not depend on where.</summary>
/// <param name="trainer">Has the weights to evaluate at.</param>
/// <param name="wire">The form of the bytes.</param>
internal sealed class TermGradients(Trainer trainer, ParameterWire wire)
{
    /// <summary>Evaluates a term into gradients of zero, and leaves them zero.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="term">The term.</param>
    /// <returns>Gradients and the term's loss.</returns>
    /// <exception cref="InvalidInputException">The step has no such term.</exception>
    public TermValue Evaluate(int step, int term)
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
        return new TermValue(gradients, [.. losses]);
    }
}
