using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansOneShot.Contracts.Models;
using OrleansOneShot.Documents.Models;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>The models that jobs can name (key: 0): those of the artifact store, and of the silos that offer slots.</summary>
[Alias("oneshot.IModelLibraryGrain")]
public interface IModelLibraryGrain : IGrainWithIntegerKey
{
    /// <summary>Lists them. A silo that does not answer within seconds is left out.</summary>
    /// <returns>The models, by name, without their files.</returns>
    [Alias("List"), ReadOnly]
    Task<ImmutableArray<KnownModel>> List();

    /// <summary>Looks for a model.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The model, if it is somewhere, and whether its absence is certain.</returns>
    [Alias("Find"), ReadOnly]
    Task<FoundModel> Find(string name);
}
