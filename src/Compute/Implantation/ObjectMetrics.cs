namespace OrleansOneShot.Compute.Implantation;

/// <summary>Quality of one object.</summary>
/// <param name="Token">Identifier token.</param>
/// <param name="Class">Class name.</param>
/// <param name="IaObject">Image alignment of the samples that name it with its masked crop.</param>
/// <param name="PrototypeSimilarity">1 - L_PE.</param>
public sealed record ObjectMetrics(string Token, string Class, double? IaObject, double? PrototypeSimilarity);
