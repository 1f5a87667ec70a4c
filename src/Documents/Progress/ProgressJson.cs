using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Common;

namespace OrleansOneShot.Documents.Progress;

/// <summary>Progress events as JSON: the lines of progress.jsonl, of <c>jobs watch</c> and of the event stream.</summary>
public static class ProgressJson
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // A loss can be no number, and the log must still be written.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>
    /// One line, without the line break: seq, time, stage, step, steps, losses, epoch, and where present step_seconds, message, preview, warning, metrics.
    /// </summary>
    /// <param name="progress">The event.</param>
    /// <returns>A JSON object.</returns>
    public static string ToLine(ProgressEvent progress)
    {
        ArgumentNullException.ThrowIfNull(progress);
        return JsonSerializer.Serialize(
            new Line(
                progress.Sequence,
                progress.Time,
                progress.Stage,
                progress.Step,
                progress.Steps,
                progress.Losses,
                progress.Epoch,
                progress.StepSeconds,
                progress.Message,
                progress.Preview,
                progress.IsWarning ? true : null,
                progress.Metrics
            ),
            s_options
        );
    }

    /// <summary>Reads a line.</summary>
    /// <param name="line">The line.</param>
    /// <returns>The event; null if the line is none, such as one that a crash cut off.</returns>
    public static ProgressEvent? FromLine(string line)
    {
        try
        {
            return StrictJson.Read<Line>(line, s_options) is { Seq: > 0 } read
                ? new ProgressEvent
                {
                    Sequence = read.Seq,
                    Time = read.Time,
                    Stage = read.Stage,
                    Step = read.Step,
                    Steps = read.Steps,
                    Losses = read.Losses,
                    Epoch = read.Epoch,
                    StepSeconds = read.StepSeconds,
                    Message = read.Message,
                    Preview = read.Preview,
                    IsWarning = read.Warning ?? false,
                    Metrics = read.Metrics,
                }
                : null;
        }
        catch (UnusableJsonException)
        {
            return null;
        }
    }

    private sealed record Line(
        long Seq,
        DateTimeOffset Time,
        Jobs.JobState Stage,
        int Step,
        int Steps,
        TermLosses? Losses = null,
        long Epoch = 0,
        double? StepSeconds = null,
        string? Message = null,
        string? Preview = null,
        bool? Warning = null,
        Jobs.JobMetrics? Metrics = null
    );
}
