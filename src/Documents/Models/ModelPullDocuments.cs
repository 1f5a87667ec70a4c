using System.Collections.Immutable;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Models;

/// <summary>
/// A model that a server is to have: uploaded, with its <see cref="Files"/>, or pulled from the server's host of models, by its <see cref="Repository"/>.
/// </summary>
public sealed record NewModel
{
    /// <summary>Its name there; null takes the last part of the repository's.</summary>
    public string? Name { get; init; }

    /// <summary>The files of an upload, in diffusers' layout; empty for a pull.</summary>
    public ImmutableArray<JobFile> Files { get; init; } = [];

    /// <summary>OWNER/NAME on the host from which the server pulls models; null for an upload.</summary>
    public string? Repository { get; init; }

    /// <summary>Branch, tag or commit of a pull; null takes <see cref="ModelPullRequest.DefaultRevision"/>.</summary>
    public string? Revision { get; init; }

    /// <summary>Whether a pull takes half-precision weights where there are both: half the bytes.</summary>
    public bool Fp16 { get; init; }
}

/// <summary>A model of a host of models that is to be pulled.</summary>
public sealed record ModelPullRequest
{
    /// <summary>The revision where none is named.</summary>
    public const string DefaultRevision = "main";

    /// <summary>OWNER/NAME on the host.</summary>
    [FieldNumber(0)]
    public required string Repository { get; init; }

    /// <summary>Branch, tag or commit.</summary>
    [FieldNumber(1)]
    public string Revision { get; init; } = DefaultRevision;

    /// <summary>Whether half-precision weights are taken where there are both.</summary>
    [FieldNumber(2)]
    public bool Fp16 { get; init; }
}

/// <summary>How far a pull is.</summary>
public enum ModelPullState
{
    /// <summary>Its files are being fetched, also where a silo that fetched them has died: another one goes on.</summary>
    Pulling,

    /// <summary>Jobs can name the model.</summary>
    Ready,

    /// <summary>It ended without the model; the same pull may be asked for again, and goes on where it stopped.</summary>
    Failed,
}

/// <summary>What is known of a pull.</summary>
public sealed record ModelPullStatus
{
    /// <summary>How far it is.</summary>
    [FieldNumber(0)]
    public required ModelPullState State { get; init; }

    /// <summary>OWNER/NAME on the host.</summary>
    [FieldNumber(1)]
    public required string Repository { get; init; }

    /// <summary>Branch, tag or commit.</summary>
    [FieldNumber(2)]
    public required string Revision { get; init; }

    /// <summary>Whether half-precision weights are taken where there are both.</summary>
    [FieldNumber(3)]
    public bool Fp16 { get; init; }

    /// <summary>Bytes that have arrived, those of earlier tries included.</summary>
    [FieldNumber(4)]
    public long BytesDone { get; init; }

    /// <summary>Bytes of all its files; null: the host has not listed them yet.</summary>
    [FieldNumber(5)]
    public long? Bytes { get; init; }

    /// <summary>Why it failed.</summary>
    [FieldNumber(6)]
    public ErrorDetail? Error { get; init; }

    /// <summary>When it was asked for, UTC.</summary>
    [FieldNumber(7)]
    public required DateTimeOffset Started { get; init; }

    /// <summary>When it ended, UTC; null: it has not.</summary>
    [FieldNumber(8)]
    public DateTimeOffset? Finished { get; init; }
}
