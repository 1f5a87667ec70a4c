using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Contracts.Jobs;

/// <summary>
/// An implantation that pictures are drawn with, as it was when the generation was submitted: what comes later under its id is not what was asked for.
/// </summary>
/// <param name="Id">The implantation's id.</param>
/// <param name="Scale">What its LoRA counts.</param>
/// <param name="Manifest">Its published manifest, by whose length and hash it is read.</param>
[GenerateSerializer, Immutable, Alias("oneshot.GenerationSource")]
public sealed record GenerationSource([property: Id(0)] string Id, [property: Id(1)] double Scale, [property: Id(2)] JobFile Manifest);
