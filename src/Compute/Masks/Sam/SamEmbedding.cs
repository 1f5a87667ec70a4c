namespace OrleansOneShot.Compute.Masks.Sam;

/// <summary>What the encoder says about a picture.</summary>
/// <param name="Shape">(1, 256, 64, 64) of SAM.</param>
/// <param name="Values">The values, row by row.</param>
/// <param name="Side">Side of the square that the encoder saw, to which prompts refer.</param>
internal sealed record SamEmbedding(long[] Shape, float[] Values, int Side);
