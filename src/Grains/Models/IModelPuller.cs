using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Models;

namespace OrleansOneShot.Grains.Models;

/// <summary>Port: fetches models from the one host that the operator has named. A silo that may not has none.</summary>
public interface IModelPuller
{
    /// <summary>Looks whether something may be pulled; asks nobody.</summary>
    /// <param name="name">The name that the model would get.</param>
    /// <param name="wanted">What to pull.</param>
    /// <exception cref="OneShotException">invalid_input: that is no name, repository or revision; forbidden: the operator does not allow it.</exception>
    void Require(string name, ModelPullRequest wanted);

    /// <summary>Pulls a model, so that jobs of every silo can name it. What an earlier try has brought is gone on with.</summary>
    /// <param name="name">The name that it gets.</param>
    /// <param name="wanted">What to pull.</param>
    /// <param name="progress">Told from any thread.</param>
    /// <param name="cancellationToken">Stops; what has arrived is kept.</param>
    /// <returns>When it is there. Also where it was there before, from the same repository.</returns>
    /// <exception cref="OneShotException">
    /// As of <see cref="Require"/>; or the host refuses, is away, or has no sound model; or there is no room for it.
    /// </exception>
    Task PullAsync(string name, ModelPullRequest wanted, IProgress<TransferProgress> progress, CancellationToken cancellationToken);
}
