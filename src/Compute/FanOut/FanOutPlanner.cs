using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Common.Terms;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.FanOut;

/// <summary>Decides how a run evaluates its terms, before its first step. What it measures leaves weights, moments and random numbers as they were.</summary>
/// <param name="parts">What trains, with the LoRA attached.</param>
/// <param name="options">Options.</param>
/// <param name="slots">The slots that it may borrow.</param>
/// <param name="brief">What workers are told.</param>
internal sealed class FanOutPlanner(TrainingParts parts, ImplantationOptions options, IBorrowedSlots slots, WorkerBrief brief)
{
    /// <summary>How long a run waits for workers to load what it has loaded itself.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    /// <summary>More participants than that were never meant.</summary>
    private const int MostParticipants = 64;

    /// <summary>Decides.</summary>
    /// <param name="objects">r.</param>
    /// <param name="bytesOfTerm">Memory that a term takes until its backward pass is over.</param>
    /// <param name="room">Memory there is for them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The decision; slots are borrowed if it needs them, given back if not.</returns>
    public FanOutDecision Decide(int objects, long bytesOfTerm, long room, CancellationToken cancellationToken)
    {
        var terms = CountTerms();
        var (microBatch, shortOfMemory) = MicroBatchChoice.Decide(terms, options.MicroBatch, bytesOfTerm, room);
        FanOutDecision Local(string reason) =>
            new()
            {
                Asked = FanOutDecision.NameOf(options.FanOut, options.FanOutPeriod),
                Evaluation =
                    microBatch >= terms ? TermEvaluation.Batch
                    : microBatch == 1 && parts.Spreads ? TermEvaluation.TermByTerm
                    : TermEvaluation.MicroBatch,
                MicroBatch = microBatch,
                Reason = shortOfMemory is null ? reason : $"{reason}; {shortOfMemory}",
                MustBeKept = shortOfMemory is not null || options.FanOut is FanOutMode.Synchronous or FanOutMode.Periodic,
            };
        if (!parts.Spreads)
        {
            return Local($"{options.Method.Title()} trains on one slot");
        }

        var bytes = options.FanOut == FanOutMode.Periodic ? parts.Wire.StateBytes : parts.Wire.WeightBytes;
        if (options.FanOut == FanOutMode.Local)
        {
            return Local("as asked for");
        }

        if (bytes > slots.LargestPayload)
        {
            return Local(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"what trains has {bytes:#,0} bytes, more than the {slots.LargestPayload:#,0} that a call between silos carries"
                )
            );
        }

        if (options.FanOut == FanOutMode.Periodic)
        {
            return Rounds(Combinations(objects, options.SubsetSize), microBatch, shortOfMemory, cancellationToken);
        }

        if (terms < 2)
        {
            return Local("a step has one term, so there is nothing to spread");
        }

        var ready = Recruit(terms - 1, cancellationToken);
        if (options.FanOut == FanOutMode.Synchronous)
        {
            return Spread($"as asked for; {Slots(ready)} ready when training began", null);
        }

        if (ready == 0)
        {
            return Local("no other slot is free");
        }

        var measured = Measure(terms, microBatch, ready, cancellationToken);
        var (spread, reason) = FanOutChoice.Decide(measured);
        if (spread)
        {
            // The prediction takes the others to be idle and as fast as this machine; a step over all of them shows.
            measured = measured with
            {
                TriedSeconds = Try(terms, cancellationToken),
            };
            (spread, reason) = FanOutChoice.Decide(measured);
        }

        if (spread)
        {
            return Spread(reason, measured);
        }

        slots.Dismiss();
        return Local(reason) with { Measured = measured, MustBeKept = true };
    }

    /// <summary>Borrows slots again, when a run goes on by the decision of its checkpoint.</summary>
    /// <param name="decision">The decision.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public void Resume(FanOutDecision decision, CancellationToken cancellationToken)
    {
        var wanted = decision.Evaluation == TermEvaluation.Rounds ? decision.Participants - 1 : CountTerms() - 1;
        if (decision.Spread && wanted > 0)
        {
            _ = Recruit(wanted, cancellationToken);
        }
    }

    /// <summary>The way of taking steps that a decision means.</summary>
    /// <param name="decision">The decision.</param>
    public ITrainingSteps Steps(FanOutDecision decision) =>
        decision.Evaluation switch
        {
            TermEvaluation.TermByTerm => new TermSteps(parts, options, decision.Spread ? slots : NoBorrowedSlots.Instance),
            TermEvaluation.Rounds => new RoundSteps(parts, options, decision, decision.Spread ? slots : NoBorrowedSlots.Instance),
            _ => new BatchSteps(parts.Trainer, options, decision.MicroBatch),
        };

    /// <summary>C(r, k), at most as many as participants are of use.</summary>
    /// <param name="objects">r.</param>
    /// <param name="subset">k; more than r means r.</param>
    internal static int Combinations(int objects, int subset)
    {
        var k = Math.Min(subset, objects);
        var count = 1L;
        for (var i = 1; i <= k; i++)
        {
            count = Math.Min(count * (objects - k + i) / i, int.MaxValue);
        }

        return (int)Math.Min(count, MostParticipants);
    }

    private int Recruit(int wanted, CancellationToken cancellationToken)
    {
        // Before anyone is asked: a worker hears it when it opens.
        slots.Settle(brief.ToText());
        return slots.Recruit(wanted, s_patience, cancellationToken);
    }

    private FanOutDecision Spread(string reason, FanOutMeasurements? measured) =>
        new()
        {
            Asked = FanOutDecision.NameOf(options.FanOut, options.FanOutPeriod),
            Evaluation = TermEvaluation.TermByTerm,
            MicroBatch = 1,
            Spread = true,
            Reason = reason,
            Measured = measured,
            MustBeKept = true,
        };

    private FanOutDecision Rounds(int combinations, int microBatch, string? shortOfMemory, CancellationToken cancellationToken)
    {
        var ready = combinations > 1 ? Recruit(combinations - 1, cancellationToken) : 0;
        var participants = Math.Min(ready, combinations - 1) + 1;
        var reason =
            combinations > 1
                ? $"as asked for; {Slots(ready)} ready when training began"
                : "as asked for; there is one combination of objects, so one participant draws them all";
        return new FanOutDecision
        {
            Asked = FanOutDecision.NameOf(options.FanOut, options.FanOutPeriod),
            Evaluation = TermEvaluation.Rounds,
            MicroBatch = microBatch,
            Spread = participants > 1,
            Period = options.FanOutPeriod,
            Participants = participants,
            Reason = shortOfMemory is null ? reason : $"{reason}; {shortOfMemory}",
            MustBeKept = true,
        };
    }

    private FanOutMeasurements Measure(int terms, int microBatch, int ready, CancellationToken cancellationToken)
    {
        var (trainer, wire, gradients) = (parts.Trainer, parts.Wire, new TermGradients(parts.Trainer, parts.Wire));
        byte[]? answer = null;
        var term = Seconds(() => answer = gradients.Evaluate(0, 0).Payload.ToArray(), cancellationToken);
        var step = Seconds(
            () =>
            {
                using var scope = NewDisposeScope();
                _ = trainer.Accumulate(trainer.Draw(0), microBatch);
            },
            cancellationToken
        );
        var reduce = Seconds(
            () =>
            {
                _ = wire.PackWeights();
                for (var i = 0; i < terms; i++)
                {
                    wire.AddGradients(answer);
                }
            },
            cancellationToken
        );
        wire.ZeroGradients();
        var transfer = slots.MeasureTransfer(wire.WeightBytes, wire.GradientBytes, cancellationToken);
        return new FanOutMeasurements
        {
            Terms = terms,
            Workers = ready,
            StepSeconds = step,
            TermSeconds = term,
            TransferSeconds = double.IsFinite(transfer) ? transfer : null,
            ReduceSeconds = reduce,
            PayloadBytes = wire.WeightBytes,
            AnswerBytes = wire.GradientBytes,
        };
    }

    // Tagged as the last step, so that no late answer can be taken for one of the first.
    private double Try(int terms, CancellationToken cancellationToken)
    {
        var (wire, gradients, step) = (parts.Wire, new TermGradients(parts.Trainer, parts.Wire), options.Steps - 1);
        var seconds = Seconds(
            () =>
            {
                foreach (var value in slots.Evaluate(step, terms, wire.PackWeights(), term => gradients.Evaluate(step, term), cancellationToken))
                {
                    wire.AddGradients(value.Payload.Span);
                }
            },
            cancellationToken
        );
        wire.ZeroGradients();
        return seconds;
    }

    // The first time warms up; where that took long, it warmed up little and one more is enough.
    private static double Seconds(Action action, CancellationToken cancellationToken)
    {
        const double Long = 1;
        var best = double.PositiveInfinity;
        var first = Once();
        for (var i = 0; i < (first > Long ? 1 : 3); i++)
        {
            best = Math.Min(best, Once());
        }

        return best;

        double Once()
        {
            cancellationToken.ThrowIfCancellationRequested();
            var began = Stopwatch.GetTimestamp();
            action();
            return Stopwatch.GetElapsedTime(began).TotalSeconds;
        }
    }

    private int CountTerms()
    {
        using var scope = NewDisposeScope();
        return parts.Trainer.Objective.CountTerms(parts.Trainer.Draw(0));
    }

    private static string Slots(int count) =>
        count switch
        {
            0 => "no other slot was",
            1 => "1 other slot was",
            _ => string.Create(CultureInfo.InvariantCulture, $"{count} other slots were"),
        };
}
