using System.Collections.Immutable;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.FanOut;

/// <summary>
/// A participant's round: some steps on its own combinations. All it depends on is in the payload and the keys of its random numbers, so anyone can run it
/// (again).
/// </summary>
/// <param name="parts">What trains.</param>
/// <param name="options">Options.</param>
internal sealed class ParticipantRound(TrainingParts parts, ImplantationOptions options)
{
    /// <summary>Numbers a step tells: global, masked and class loss.</summary>
    public const int LossesAStep = 3;

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
    public StepTermValue Run(int step, int participant, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var microBatch = parts.Wire.UnpackState(payload.Span, parts.Trainer.Optimiser);
        parts.Wire.ZeroGradients();
        var losses = ImmutableArray.CreateBuilder<double>();
        for (var s = step; s < step + Length(options, step); s++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var one = parts.Trainer.Step(s, LearningRate.Of(options).Factor(s), microBatch, participant);
            losses.AddRange(one.Global, one.Object, one.Class);
        }

        return new StepTermValue(parts.Wire.PackState(parts.Trainer.Optimiser, microBatch), losses.ToImmutable());
    }
}
