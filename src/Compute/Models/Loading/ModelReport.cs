namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>What a check of a model folder found.</summary>
/// <param name="Folder">Full path of the folder.</param>
/// <param name="Hash">The model's hash as manifests record it, or null when a part has no readable weights.</param>
/// <param name="Parts">One entry a part, in the order unet, vae, text_encoder, clip.</param>
public sealed record ModelReport(string Folder, string? Hash, IReadOnlyList<ModelPartReport> Parts)
{
    /// <summary>Whether no part has a problem.</summary>
    public bool IsSound => Parts.All(p => p.Problems.Count == 0);
}
