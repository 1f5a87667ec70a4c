namespace OrleansOneShot.Compute.Implantation;

/// <summary>How near two objects' tokens are to each other: near 1 they mean much the same.</summary>
/// <param name="First">Identifier token.</param>
/// <param name="Second">Identifier token of a later object.</param>
/// <param name="Vectors">Cosine of the means of their learned vectors.</param>
/// <param name="Text">Cosine of T(c_p) of both; null without a CLIP.</param>
public sealed record TokenCosine(string First, string Second, double Vectors, double? Text);
