using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.FanOut;

/// <summary>
/// Steps in rounds (local SGD with averaged moments): every participant starts from the same weights and moments, takes some steps on its own draws, and the
/// results are averaged in the order of the participants. A participant is a sequence of draws, not a machine: with fewer machines than participants one
/// machine runs several.
/// </summary>
/// <param name="parts">What trains.</param>
/// <param name="options">Options.</param>
/// <param name="decision">Participants, and terms a pass.</param>
/// <param name="exchange">The way to other machines.</param>
internal sealed class RoundSteps(TrainingParts parts, ImplantationOptions options, FanOutDecision decision, IStepExchange exchange) : ITrainingSteps
{
    private readonly ParticipantRound _round = new(parts, options);

    /// <inheritdoc/>
    public IReadOnlyList<StepLosses> Advance(int step, CancellationToken cancellationToken)
    {
        var optimiser = parts.Trainer.Optimiser;
        var start = parts.Wire.PackState(optimiser, decision.MicroBatch);
        IReadOnlyList<StepTermValue> results;
        try
        {
            results = exchange.Evaluate(
                step,
                decision.Participants,
                start,
                participant => _round.Run(step, participant, start, cancellationToken),
                cancellationToken
            );
        }
        catch
        {
            // A round that was begun here has moved the weights; a checkpoint may still be made of them.
            parts.Wire.UnpackState(start, optimiser);
            throw;
        }

        parts.Wire.AverageStates([.. results.Select(r => r.Payload)], optimiser);
        return [.. Enumerable.Range(0, ParticipantRound.Length(options, step)).Select(i => Mean(results, i * ParticipantRound.LossesAStep))];
    }

    private static StepLosses Mean(IReadOnlyList<StepTermValue> results, int offset) =>
        new(results.Average(r => r.Losses[offset]), results.Average(r => r.Losses[offset + 1]), results.Average(r => r.Losses[offset + 2]));
}
