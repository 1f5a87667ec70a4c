using System.Text.Json.Serialization;
using OrleansOneShot.Compute.Evaluation;

namespace OrleansOneShot.Cli.Output;

/// <summary>What <c>evaluate</c> measured.</summary>
/// <param name="Out">Absolute path of this document.</param>
/// <param name="Pictures">Number of pictures.</param>
/// <param name="ClassPictures">Number of the frozen model's pictures beside them.</param>
/// <param name="Figures">The figures.</param>
/// <param name="Models">What they were made with.</param>
/// <param name="References">Names of the photos that the pictures were compared with.</param>
/// <param name="Items">The figures of each picture.</param>
/// <param name="Warnings">What was noticed.</param>
internal sealed record EvaluationDocument(
    string Out,
    int Pictures,
    int ClassPictures,
    IReadOnlyList<FigureSummary> Figures,
    EvaluationModels Models,
    IReadOnlyList<string> References,
    IReadOnlyList<EvaluatedPicture> Items,
    IReadOnlyList<string> Warnings
)
{
    /// <summary>How long it took.</summary>
    public double Seconds { get; init; }
}

/// <summary>The models that figures were made with.</summary>
/// <param name="Clip">Of ta, ia, ia_object and kid_clip.</param>
/// <param name="Dino">Of dino and dino_object; left out without one.</param>
internal sealed record EvaluationModels(FeatureModel Clip, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FeatureModel? Dino);

/// <summary>A measured picture.</summary>
/// <param name="Image">Its file's name.</param>
/// <param name="Prompt">What it was drawn for, class names in place of identifiers.</param>
/// <param name="Figures">By name.</param>
internal sealed record EvaluatedPicture(string Image, string Prompt, IReadOnlyDictionary<string, double> Figures);
