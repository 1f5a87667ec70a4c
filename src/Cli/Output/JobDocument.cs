using System.Text.Json.Serialization;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Jobs;

namespace OrleansOneShot.Cli.Output;

/// <summary>What <c>implant</c> and <c>jobs show</c> say of a job.</summary>
internal sealed record JobDocument
{
    public required string Id { get; init; }

    public required JobState State { get; init; }

    /// <summary>The folder that <see cref="Files"/> are relative to; null while nothing is published.</summary>
    public string? Out { get; init; }

    public required double Seconds { get; init; }

    public required int Steps { get; init; }

    public required long Epoch { get; init; }

    public required IReadOnlyList<JobFile> Files { get; init; }

    public JobMetrics? Metrics { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Why it failed; left out otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ErrorDetail? Error { get; init; }

    /// <summary>Describes a job.</summary>
    /// <param name="status">The job.</param>
    /// <param name="folder">Where its files lie, if they do.</param>
    /// <returns>The document.</returns>
    public static JobDocument Of(ImplantationStatus status, string? folder) =>
        new()
        {
            Id = status.Id,
            State = status.State,
            Out = folder,
            Seconds = Math.Round(status.Seconds, 3),
            Steps = status.Steps,
            Epoch = status.Epoch,
            Files = status.Files,
            Metrics = status.Metrics,
            Warnings = status.Warnings,
            Error = status.Error,
        };
}
