using System.Collections.Immutable;
using OrleansOneShot.Common.Terms;
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
/// <param name="slots">The slots that it borrows.</param>
internal sealed class RoundSteps(TrainingParts parts, ImplantationOptions options, FanOutDecision decision, IBorrowedSlots slots) : ITrainingSteps
{
    private readonly ParticipantRound _round = new(parts, options);

    /// <inheritdoc/>
    public IReadOnlyList<StepLosses> Advance(int step, CancellationToken cancellationToken)
    {
        var optimiser = parts.Trainer.Optimiser;
        var start = parts.Wire.PackState(optimiser, decision.MicroBatch);
        IReadOnlyList<TermValue> results;
        try
        {
            results = slots.Evaluate(
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
        var names = parts.Trainer.Objective.LossNames;
        return [.. Enumerable.Range(0, ParticipantRound.Length(options, step)).Select(i => Mean(results, names, i * names.Count))];
    }

    private static StepLosses Mean(IReadOnlyList<TermValue> results, IReadOnlyList<string> names, int offset) =>
        new(names, [.. names.Select((_, i) => results.Average(r => r.Losses[offset + i]))]);
}

/// <summary>
/// A participant's round: some steps on its own combinations. All it depends on is in the payload and the keys of its random numbers, so anyone can run it
/// (again).
/// </summary>
/// <param name="parts">What trains.</param>
/// <param name="options">Options.</param>
internal sealed class ParticipantRound(TrainingParts parts, ImplantationOptions options)
{
    /// <summary>Steps of the round that begins at a step; the last one may be shorter.</summary>
    /// <param name="options">Options.</param>
    /// <param name="step">The round's first step.</param>
    public static int Length(ImplantationOptions options, int step) => Math.Min(options.FanOutPeriod, options.Steps - step);

    /// <summary>Runs the round.</summary>
    /// <param name="step">Its first step.</param>
    /// <param name="participant">The participant, from 0; participant 0 draws what a run alone draws.</param>
    /// <param name="payload">Weights and moments to start from.</param>
    /// <param name="cancellationToken">Gives up between two steps.</param>
    /// <returns>Weights and moments, and the losses step by step.</returns>
    /// <exception cref="InvalidInputException">The payload has another size.</exception>
    /// <exception cref="ArithmeticException">A loss is no number.</exception>
    public TermValue Run(int step, int participant, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var microBatch = parts.Wire.UnpackState(payload.Span, parts.Trainer.Optimiser);
        parts.Wire.ZeroGradients();
        var losses = ImmutableArray.CreateBuilder<double>();
        for (var s = step; s < step + Length(options, step); s++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            losses.AddRange(parts.Trainer.Step(s, LearningRate.Of(options).Factor(s), microBatch, participant).Values);
        }

        return new TermValue(parts.Wire.PackState(parts.Trainer.Optimiser, microBatch), losses.ToImmutable());
    }
}
