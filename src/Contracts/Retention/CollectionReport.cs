using System.Collections.Immutable;
using System.Globalization;

namespace OrleansOneShot.Contracts.Retention;

/// <summary>What a collection has removed, or would remove.</summary>
/// <param name="DryRun">Whether nothing was removed.</param>
/// <param name="Blobs">Paths of inputs that no job refers to.</param>
/// <param name="Files">Paths of files that epochs of ended jobs have left behind.</param>
/// <param name="Bytes">Bytes of all of them.</param>
/// <param name="Models">Paths of models' manifests and files that no job refers to and nobody has used for long.</param>
/// <param name="Unlisted">
/// Number of finished jobs that the store holds and the catalog does not know: it has lost jobs, so nothing tells what is unused, and nothing is removed.
/// </param>
/// <param name="Marks">Number of marks of uploads that are as old as inputs may be without a job: their owners no longer see those inputs.</param>
[GenerateSerializer, Immutable, Alias("oneshot.CollectionReport")]
public sealed record CollectionReport(
    [property: Id(0)] bool DryRun,
    [property: Id(1)] ImmutableArray<string> Blobs,
    [property: Id(2)] ImmutableArray<string> Files,
    [property: Id(3)] long Bytes,
    [property: Id(4)] ImmutableArray<string> Models,
    [property: Id(5)] int Unlisted = 0,
    [property: Id(6)] int Marks = 0
)
{
    /// <summary>Why nothing was collected, as a sentence with what to do; null: nothing was in the way.</summary>
    public string? Refusal =>
        Unlisted == 0
            ? null
            : string.Create(
                CultureInfo.InvariantCulture,
                $"Nothing {(DryRun ? "would be" : "was")} collected: the store holds {Unlisted:N0} finished "
                    + $"{(Unlisted == 1 ? "job that is" : "jobs that are")} not listed; list {(Unlisted == 1 ? "it" : "them")} again with: oneshot jobs recover"
            );
}
