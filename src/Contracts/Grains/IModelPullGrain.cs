using Orleans.Concurrency;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Models;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>A model that a silo pulls from its host of models (key: the model's name).</summary>
[Alias("oneshot.IModelPullGrain")]
public interface IModelPullGrain : IGrainWithStringKey
{
    /// <summary>Begins a pull, which goes on in the background, or joins the one that was asked for before; a failed one begins again.</summary>
    /// <param name="wanted">What to pull.</param>
    /// <returns>How far it is.</returns>
    /// <exception cref="OneShotException">
    /// forbidden: the silo may pull nothing, or not this; invalid_input: there can be no such name, repository or revision; conflict: another model has that
    /// name, or is being pulled under it.
    /// </exception>
    [Alias("Start")]
    Task<ModelPullStatus> Start(ModelPullRequest wanted);

    /// <summary>How far it is.</summary>
    /// <returns>The latest pull of that name; null: nobody has asked for one.</returns>
    [Alias("GetStatus"), ReadOnly, AlwaysInterleave]
    Task<ModelPullStatus?> GetStatus();
}
