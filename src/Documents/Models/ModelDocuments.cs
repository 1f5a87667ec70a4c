using System.Collections.Immutable;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Models;

/// <summary>A model that jobs can name.</summary>
public sealed record KnownModel
{
    /// <summary>Its name, as requests carry it.</summary>
    [FieldNumber(0)]
    public required string Name { get; init; }

    /// <summary>Whether it came with the program.</summary>
    [FieldNumber(1)]
    public bool Shipped { get; init; }

    /// <summary>Whether it lies in the cluster's artifact store, from which every silo fetches it.</summary>
    [FieldNumber(2)]
    public bool Shared { get; init; }

    /// <summary>How many silos that offer slots have it already.</summary>
    [FieldNumber(3)]
    public int Silos { get; init; }

    /// <summary>Bytes of all its files; null: not known.</summary>
    [FieldNumber(4)]
    public long? Bytes { get; init; }

    /// <summary>Its files, of one that is shared and asked for by name; empty elsewhere.</summary>
    [FieldNumber(5)]
    public ImmutableArray<JobFile> Files { get; init; } = [];

    /// <summary>The latest pull of that name, of one that is asked for by name; null: nobody has asked for one.</summary>
    [FieldNumber(6)]
    public ModelPullStatus? Pull { get; init; }
}

/// <summary>Models, by name.</summary>
/// <param name="Items">The models, without their files.</param>
public sealed record KnownModelList(ImmutableArray<KnownModel> Items);

/// <summary>A model that is to be uploaded.</summary>
public sealed record ModelUpload
{
    /// <summary>Its name there.</summary>
    public required string Name { get; init; }

    /// <summary>Its files, in diffusers' layout.</summary>
    public required ImmutableArray<JobFile> Files { get; init; }
}

/// <summary>What of a model has still to be uploaded, or how far its pull is.</summary>
/// <param name="Name">The model.</param>
/// <param name="PartBytes">Length of a part; a file's last one is shorter.</param>
/// <param name="Missing">The files that are not there whole; none: it can be completed, or is pulled.</param>
public sealed record ModelUploadStatus(string Name, long PartBytes, ImmutableArray<MissingModelFile> Missing)
{
    /// <summary>The pull; null: the model is uploaded.</summary>
    public ModelPullStatus? Pull { get; init; }
}

/// <summary>A file of which parts are missing.</summary>
/// <param name="Sha256">SHA-256 of the whole file.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Offsets">Where the missing parts begin; none: all parts are there.</param>
public sealed record MissingModelFile(string Sha256, long Bytes, ImmutableArray<long> Offsets);
