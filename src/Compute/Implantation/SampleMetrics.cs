using System.Text.Json.Serialization;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>Quality of the samples by the model's CLIP; cosines. Null where there was nothing to measure.</summary>
/// <param name="Ia">Image alignment with the training crop, mean over the samples.</param>
/// <param name="Ta">Text alignment with the prompts, identifiers replaced by class names.</param>
/// <param name="PrototypeSimilarity">1 - L_PE, mean over the objects.</param>
/// <param name="Objects">By object.</param>
/// <param name="Samples">By picture.</param>
public sealed record SampleMetrics(
    double? Ia,
    double? Ta,
    double? PrototypeSimilarity,
    IReadOnlyList<ObjectMetrics> Objects,
    IReadOnlyList<PictureMetrics> Samples
)
{
    /// <summary>Every pair of objects; null for one object alone.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<TokenCosine>? TokenCosines { get; init; }
}

/// <summary>Quality of one sample.</summary>
/// <param name="Path">Its file, relative to the result.</param>
/// <param name="Prompt">Its prompt.</param>
/// <param name="Ia">Image alignment with the training crop.</param>
/// <param name="Ta">Text alignment.</param>
/// <param name="Named">Tokens of the objects that the prompt names.</param>
/// <param name="IaObject">
/// Image alignment with the masked crop of every object, named or not, by token: an object that was not named and yet is there has leaked.
/// </param>
public sealed record PictureMetrics(
    string Path,
    string Prompt,
    double? Ia,
    double? Ta,
    IReadOnlyList<string> Named,
    IReadOnlyDictionary<string, double> IaObject
);

/// <summary>Quality of one object.</summary>
/// <param name="Token">Identifier token.</param>
/// <param name="Class">Class name.</param>
/// <param name="IaObject">Image alignment of the samples that name it with its masked crop.</param>
/// <param name="PrototypeSimilarity">1 - L_PE.</param>
/// <param name="IaCompared"><paramref name="IaObject"/> of the samples of those prompts that <paramref name="IaClass"/> has pictures of: mostly all.</param>
/// <param name="IaClass">
/// The same alignment of pictures that the model alone draws from the same noise for the prompts with the class name: what <paramref name="IaCompared"/> is to
/// be compared with.
/// </param>
public sealed record ObjectMetrics(
    string Token,
    string Class,
    double? IaObject,
    double? PrototypeSimilarity,
    double? IaCompared = null,
    double? IaClass = null
);

/// <summary>How near two objects' tokens are to each other: near 1 they mean much the same.</summary>
/// <param name="First">Identifier token.</param>
/// <param name="Second">Identifier token of a later object.</param>
/// <param name="Vectors">Cosine of the means of their learned vectors.</param>
/// <param name="Text">Cosine of T(c_p) of both; null without a CLIP.</param>
public sealed record TokenCosine(string First, string Second, double Vectors, double? Text);
