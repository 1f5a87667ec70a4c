using System.Text.Json.Serialization;

namespace OrleansOneShot.Chaos;

/// <summary>What came of a run.</summary>
internal sealed record ChaosReport
{
    [JsonPropertyName("seed")]
    public required int Seed { get; init; }

    [JsonPropertyName("jobs")]
    public required int Jobs { get; init; }

    [JsonPropertyName("succeeded")]
    public required int Succeeded { get; init; }

    [JsonPropertyName("faults")]
    public required IReadOnlyDictionary<string, int> Faults { get; init; }

    [JsonPropertyName("faults_in_training")]
    public required int FaultsInTraining { get; init; }

    [JsonPropertyName("resumes")]
    public required long Resumes { get; init; }

    [JsonPropertyName("steps_repeated")]
    public required int StepsRepeated { get; init; }

    [JsonPropertyName("longest_gap_seconds")]
    public required double LongestGap { get; init; }

    [JsonPropertyName("seconds")]
    public required double Seconds { get; init; }

    [JsonPropertyName("violations")]
    public required IReadOnlyList<string> Violations { get; init; }
}
