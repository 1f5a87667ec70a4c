using OrleansOneShot.Contracts.Errors;

namespace OrleansOneShot.Cli.Generation;

/// <summary>Draws a plan's pictures with OrleansOneShot.Compute.Sampling.</summary>
internal static class PictureDrawing
{
    /// <summary>Draws.</summary>
    /// <param name="plan">What to draw.</param>
    /// <param name="observe">Called with (steps done, steps in all); may be null.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <returns><see cref="GenerationPlan.Count"/> pictures for each prompt, prompt by prompt.</returns>
    public static IEnumerable<DrawnPicture> Draw(GenerationPlan plan, Action<int, int>? observe, CancellationToken cancellationToken)
    {
        // STUB: the binding to the sampler comes here.
        throw new OneShotException(new ErrorDetail(ErrorCodes.Failed, "This build can't draw pictures yet."));
    }
}
