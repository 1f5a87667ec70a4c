using System.Text.Json.Serialization;
using OrleansOneShot.Compute.Evaluation;

namespace OrleansOneShot.Cli.Output;

/// <summary>What a comparison came to: results.json, and what <c>--format json</c> shows.</summary>
/// <param name="Out">Absolute path of the comparison's folder.</param>
/// <param name="Command">The command that makes it.</param>
/// <param name="Preset">paper or tuned.</param>
/// <param name="Model">The base model.</param>
/// <param name="Models">What figures were made with.</param>
/// <param name="Seeds">Trainings of each object by each method.</param>
/// <param name="Objects">Ids of the table's objects.</param>
/// <param name="Prompts">The prompts of the first object, with its identifier.</param>
/// <param name="Pictures">Pictures of each object by each method.</param>
/// <param name="Methods">The rows.</param>
/// <param name="Figures">The figures.</param>
/// <param name="Tuning">The whole grid; empty with one learning rate for all.</param>
/// <param name="TuningObjects">Ids of the objects that settings were chosen by.</param>
/// <param name="Failed">Trainings that have failed, with a sentence each.</param>
/// <param name="Warnings">What is to be said against figures.</param>
internal sealed record ComparisonDocument(
    string Out,
    string Command,
    string Preset,
    string Model,
    EvaluationModels Models,
    int Seeds,
    IReadOnlyList<string> Objects,
    IReadOnlyList<string> Prompts,
    int Pictures,
    IReadOnlyList<MethodDocument> Methods,
    IReadOnlyList<ComparedFigure> Figures,
    IReadOnlyList<GridDocument> Tuning,
    IReadOnlyList<string> TuningObjects,
    IReadOnlyList<FailedTraining> Failed,
    IReadOnlyList<string> Warnings
)
{
    /// <summary>The figures of each object, as the table was made of them.</summary>
    public IReadOnlyList<ObjectMeasures> Measured { get; init; } = [];
}

/// <summary>A row of a comparison.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Title">Its name in reports.</param>
/// <param name="LearningRate">AdamW's learning rate.</param>
/// <param name="Steps">Training steps.</param>
/// <param name="Trainings">Trainings that have a result.</param>
/// <param name="Seconds">Seconds that a slot worked for one, its pictures included: mean over those of which it is known; null without any.</param>
internal sealed record MethodDocument(
    string Id,
    string Title,
    double LearningRate,
    int Steps,
    int Trainings,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Seconds
);

/// <summary>A setting of a method's grid.</summary>
/// <param name="Method">The method.</param>
/// <param name="LearningRate">AdamW's learning rate.</param>
/// <param name="Steps">Training steps.</param>
/// <param name="Nearness">Mean way from floor (0) to ceiling (1) over the figures of the object; left out where it was not measured.</param>
/// <param name="Ta">Mean text alignment; left out where it was not measured.</param>
/// <param name="KeepsText">Whether it keeps the text alignment.</param>
/// <param name="IsChosen">Whether it is the method's best.</param>
internal sealed record GridDocument(
    string Method,
    double LearningRate,
    int Steps,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Nearness,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? Ta,
    bool KeepsText,
    bool IsChosen
);

/// <summary>A training that has failed.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Message">Why.</param>
internal sealed record FailedTraining(string Id, string Message);

/// <summary>What a comparison would take.</summary>
/// <param name="Out">Absolute path of the comparison's folder.</param>
/// <param name="Trainings">Trainings in all.</param>
/// <param name="Left">Those that have no result yet.</param>
/// <param name="Minutes">About how long those take on this machine, one after another.</param>
/// <param name="Pictures">Pictures that are measured in all.</param>
/// <param name="Parts">Trainings by method and settings.</param>
internal sealed record ComparisonEstimateDocument(string Out, int Trainings, int Left, double Minutes, int Pictures, IReadOnlyList<EstimatedPart> Parts);

/// <summary>Trainings of one method.</summary>
/// <param name="Stage">tuning or table.</param>
/// <param name="Method">The method.</param>
/// <param name="Trainings">How many.</param>
/// <param name="Minutes">About how long they take.</param>
internal sealed record EstimatedPart(string Stage, string Method, int Trainings, double Minutes);

/// <summary>A figure of a comparison.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Better">higher or lower.</param>
/// <param name="Floor">Of the frozen model's pictures with the class word; of kid_clip, of their two halves. Null where it was not measured.</param>
/// <param name="Ceiling">Of those pictures with the photo's own object pasted over them; null where it was not measured.</param>
/// <param name="Rows">The rows that have it, in the order of the table.</param>
internal sealed record ComparedFigure(string Name, string Better, Interval? Floor, Interval? Ceiling, IReadOnlyList<ComparedValue> Rows)
{
    /// <summary>How much better the ceiling is than the floor.</summary>
    internal double Span => Better == "higher" ? Ceiling!.Mean - Floor!.Mean : Floor!.Mean - Ceiling!.Mean;
}

/// <summary>A row's value of a figure.</summary>
/// <param name="Method">The row.</param>
/// <param name="Value">Mean over objects, with the interval of a bootstrap over objects.</param>
/// <param name="Difference">Mean over objects of the row's value minus the reference's, with its interval; null of the reference itself.</param>
/// <param name="Verdict">What the difference says: better, worse, or why neither.</param>
internal sealed record ComparedValue(string Method, Interval Value, Interval? Difference, string? Verdict);

/// <summary>The figures of an object: means over its pictures, which are those of all seeds, by the figure's name.</summary>
/// <param name="Object">The object's id.</param>
/// <param name="Rows">Of each row that has pictures.</param>
/// <param name="Floor">Of the frozen model's pictures with the class word.</param>
/// <param name="Ceiling">Of those with the photo's own object pasted over them.</param>
internal sealed record ObjectMeasures(
    string Object,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, double>> Rows,
    IReadOnlyDictionary<string, double> Floor,
    IReadOnlyDictionary<string, double> Ceiling
);
