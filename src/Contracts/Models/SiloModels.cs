using System.Collections.Immutable;

namespace OrleansOneShot.Contracts.Models;

/// <summary>The models that a silo has.</summary>
/// <param name="Models">The models, by name.</param>
/// <param name="Fetches">Whether it may fetch others from a host, so that a name that is not among them may still be one.</param>
[GenerateSerializer, Immutable, Alias("oneshot.SiloModels")]
public sealed record SiloModels([property: Id(0)] ImmutableArray<SiloModel> Models, [property: Id(1)] bool Fetches);

/// <summary>A model that a silo has.</summary>
/// <param name="Name">Its name, as requests carry it.</param>
/// <param name="Shipped">Whether it came with the program.</param>
/// <param name="Bytes">Bytes of all its files.</param>
[GenerateSerializer, Immutable, Alias("oneshot.SiloModel")]
public sealed record SiloModel([property: Id(0)] string Name, [property: Id(1)] bool Shipped, [property: Id(2)] long Bytes);

/// <summary>What became of a look for a model.</summary>
/// <param name="Model">The model; null: it was found nowhere.</param>
/// <param name="IsCertain">False where it may exist all the same: no silo answered, or one may fetch it from a host.</param>
[GenerateSerializer, Immutable, Alias("oneshot.FoundModel")]
public sealed record FoundModel([property: Id(0)] Documents.Models.KnownModel? Model, [property: Id(1)] bool IsCertain);
