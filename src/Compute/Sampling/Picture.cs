using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Sampling;

/// <summary>A drawn picture.</summary>
/// <param name="Image">The pixels.</param>
/// <param name="Settings">How it was drawn.</param>
/// <param name="Seed">Seed of its latents; null when they were given.</param>
public sealed record Picture(RgbImage Image, PictureSettings Settings, long? Seed);
