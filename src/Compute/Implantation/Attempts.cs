using OrleansOneShot.Common;
using OrleansOneShot.Compute.Models.Loading;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>Does what comes beside the weights: what fails of it becomes a warning, since nobody loses the weights of an hour to a picture.</summary>
/// <param name="folder">The base model, whose weights may be to blame.</param>
/// <param name="observer">Gets the warnings.</param>
/// <param name="endsRun">Which errors end the run all the same; cancelling always does.</param>
/// <param name="drawCommand">A command that draws with the result.</param>
internal sealed class Attempts(ModelFolder folder, IImplantationObserver observer, Func<Exception, bool> endsRun, string drawCommand)
{
    /// <summary>Tries.</summary>
    /// <param name="failure">What a warning begins with, such as "The samples could not be drawn".</param>
    /// <param name="work">The work.</param>
    public void Do(string failure, Action work) =>
        Do(
            failure,
            () =>
            {
                work();
                return this;
            }
        );

    /// <summary>Tries.</summary>
    /// <param name="failure">What a warning begins with.</param>
    /// <param name="work">The work.</param>
    /// <returns>What came of it; null if it failed.</returns>
    public T? Do<T>(string failure, Func<T> work)
        where T : class
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is not OperationCanceledException && !endsRun(e))
        {
            var reason = (e is ArithmeticException ? BrokenWeights.Find(folder)?.Message : null) ?? e.Message;
            observer.Warning(
                $"{failure}: {Wording.Cut(reason.Split('\n', 2)[0].Trim().TrimEnd('.'), 400)}. The weights are kept and published all the same; draw with "
                    + $"them by: {drawCommand}"
            );
            return null;
        }
    }
}
