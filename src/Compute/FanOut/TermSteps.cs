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
/// <param name="exchange">The way to other machines.</param>
internal sealed class TermSteps(TrainingParts parts, ImplantationOptions options, IStepExchange exchange) : ITrainingSteps
{
    private readonly TermGradients _gradients = new(parts.Trainer, parts.Wire);

    /// <inheritdoc/>
    public IReadOnlyList<StepLosses> Advance(int step, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        var trainer = parts.Trainer;
        var draw = trainer.Draw(step);
        var values = exchange.Evaluate(
            step,
            trainer.Objective.CountTerms(draw),
            parts.Wire.PackWeights(),
            term => _gradients.Evaluate(step, term),
            cancellationToken
        );
        Reduce(values.Select(v => v.Payload));
        var losses = StepLosses.OfTerms([.. values.Select(v => v.Losses[0])], trainer.AccumulateClassTerms(draw));
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
