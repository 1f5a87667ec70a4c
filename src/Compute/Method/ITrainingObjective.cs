using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Method;

/// <summary>
/// What a method minimises in a step: a sum of terms. Those that go through the UNet can be evaluated together or a few at a time; those of texts alone come
/// last, together.
/// </summary>
public interface ITrainingObjective
{
    /// <summary>Names of the losses that it tells, in their order: their sum is what is minimised.</summary>
    IReadOnlyList<string> LossNames { get; }

    /// <summary>Number of UNet terms of a step, 1 or more.</summary>
    /// <param name="draw">What was drawn.</param>
    int CountTerms(StepDraw draw);

    /// <summary>A whole step in one batch.</summary>
    /// <param name="draw">What was drawn.</param>
    /// <param name="vectors">What the identifiers stand for, (rows, d); with gradient where it is learned.</param>
    /// <returns>Scalars with gradient, in the current dispose scope.</returns>
    StepValue EvaluateStep(StepDraw draw, Tensor vectors);

    /// <summary>Some of a step's UNet terms, as one batch. Their sum over a step, with the terms of texts, is <see cref="StepValue.Total"/>.</summary>
    /// <param name="draw">What was drawn.</param>
    /// <param name="vectors">What the identifiers stand for, (rows, d).</param>
    /// <param name="first">The first term.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <returns>Scalars with gradient, in the order of the terms and in the current dispose scope.</returns>
    IReadOnlyList<Tensor> EvaluateTerms(StepDraw draw, Tensor vectors, int first, int count);

    /// <summary>The terms that need no UNet.</summary>
    /// <param name="draw">What was drawn.</param>
    /// <param name="vectors">What the identifiers stand for, (rows, d).</param>
    /// <returns>Their sum, a scalar with gradient in the current dispose scope; null when there are none in this step.</returns>
    Tensor? EvaluateTextTerms(StepDraw draw, Tensor vectors);

    /// <summary>Adds terms up to the losses that are told.</summary>
    /// <param name="terms">All UNet terms of a step, in their order.</param>
    /// <param name="textTerms">The terms of texts; 0 when there are none.</param>
    /// <returns>A value for each of <see cref="LossNames"/>.</returns>
    IReadOnlyList<double> Gather(IReadOnlyList<double> terms, double textTerms);
}

/// <summary>The losses of one step, as scalars with gradient.</summary>
/// <param name="Total">The sum that is minimised.</param>
/// <param name="Terms">The UNet terms, in their order.</param>
/// <param name="TextTerms">The terms of texts; null when there are none.</param>
public sealed record StepValue(Tensor Total, IReadOnlyList<Tensor> Terms, Tensor? TextTerms);

/// <summary>What losses are called, wherever they are shown.</summary>
public static class LossNames
{
    /// <summary>|| eps - eps_theta ||^2 of the whole picture.</summary>
    public const string Global = "global";

    /// <summary>Sum of the masked terms (eq. 4, 5).</summary>
    public const string Object = "object";

    /// <summary>L_CL (eq. 3).</summary>
    public const string Class = "class";

    /// <summary>DreamBooth's prior preservation, with its weight.</summary>
    public const string Prior = "prior";
}
