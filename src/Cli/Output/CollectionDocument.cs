namespace OrleansOneShot.Cli.Output;

/// <summary>What <c>jobs collect</c> removed, or would remove.</summary>
/// <param name="DryRun">Whether nothing was removed.</param>
/// <param name="Blobs">Inputs that no job refers to.</param>
/// <param name="Files">What ended jobs have left behind.</param>
/// <param name="Bytes">Bytes of all of them.</param>
/// <param name="Models">Manifests and files of models that no job names and nobody has used for long.</param>
/// <param name="Unlisted">Finished jobs of the store that are not listed: while there are any, nothing is removed.</param>
internal sealed record CollectionDocument(
    bool DryRun,
    IReadOnlyList<string> Blobs,
    IReadOnlyList<string> Files,
    long Bytes,
    IReadOnlyList<string> Models,
    int Unlisted
);
