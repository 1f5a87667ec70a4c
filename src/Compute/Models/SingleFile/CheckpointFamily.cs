namespace OrleansOneShot.Compute.Models.SingleFile;

/// <summary>A kind of checkpoint that can be converted, told by its text encoder.</summary>
/// <param name="Name">Its name in messages.</param>
/// <param name="Resources">Where its own configurations lie among this program's resources.</param>
/// <param name="TextPrefix">What the text encoder's keys start with.</param>
internal sealed record CheckpointFamily(string Name, string Resources, string TextPrefix)
{
    /// <summary>Stable Diffusion 1.x, with OpenAI's CLIP in transformers' names.</summary>
    public static CheckpointFamily StableDiffusion1 { get; } = new("Stable Diffusion 1.x", "StableDiffusion1/", OriginalTextEncoder.Prefix);

    /// <summary>Stable Diffusion 2.x, with an OpenCLIP in its own names.</summary>
    public static CheckpointFamily StableDiffusion2 { get; } = new("Stable Diffusion 2.x", "StableDiffusion2/", OriginalOpenClip.Prefix);
}
