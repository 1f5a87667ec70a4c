using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using OrleansOneShot.Common;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.FanOut;

/// <summary>How a run evaluates its terms: decided once, kept in its checkpoints, told in its manifest.</summary>
internal sealed record FanOutDecision
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>What was asked for, such as <c>auto</c> or <c>periodic:5</c>.</summary>
    public required string Asked { get; init; }

    /// <summary>How terms are evaluated.</summary>
    public TermEvaluation Evaluation { get; init; }

    /// <summary>Most terms a forward and backward pass, 1 or more.</summary>
    public int MicroBatch { get; init; } = int.MaxValue;

    /// <summary>Whether slots are borrowed for it.</summary>
    public bool Spread { get; init; }

    /// <summary>Steps of a round; 0 without rounds.</summary>
    public int Period { get; init; }

    /// <summary>Participants of a round (sequences of draws), on however many slots; 1 without rounds.</summary>
    public int Participants { get; init; } = 1;

    /// <summary>Why, in words for people.</summary>
    public required string Reason { get; init; }

    /// <summary>What was measured; null when nothing was.</summary>
    public FanOutMeasurements? Measured { get; init; }

    /// <summary>Whether another start might decide otherwise, so that the decision must be kept before the first step.</summary>
    public bool MustBeKept { get; init; }

    /// <summary>The evaluation in words.</summary>
    [JsonIgnore]
    public string Name =>
        Evaluation switch
        {
            TermEvaluation.MicroBatch => string.Create(CultureInfo.InvariantCulture, $"micro-batch {MicroBatch}"),
            TermEvaluation.TermByTerm => "term by term",
            TermEvaluation.Rounds => string.Create(CultureInfo.InvariantCulture, $"rounds of {Period} over {Participants}"),
            _ => "batch",
        };

    /// <summary>The name of what was asked for.</summary>
    /// <param name="mode">The mode.</param>
    /// <param name="period">N of the rounds.</param>
    public static string NameOf(FanOutMode mode, int period) =>
        mode == FanOutMode.Periodic
            ? string.Create(CultureInfo.InvariantCulture, $"periodic:{period}")
            : JsonNamingPolicy.SnakeCaseLower.ConvertName(mode.ToString());

    /// <summary>For a checkpoint.</summary>
    public string ToText() => JsonSerializer.Serialize(this, s_json);

    /// <summary>From a checkpoint; one from before there was a choice was made by batches.</summary>
    /// <param name="text">As <see cref="ToText"/> gave it; may be null.</param>
    /// <exception cref="InvalidInputException">The text is none.</exception>
    public static FanOutDecision FromText(string? text)
    {
        if (text is null)
        {
            return new FanOutDecision { Asked = "local", Reason = "the job began with a version that knew no other way" };
        }

        try
        {
            var decision = StrictJson.Read<FanOutDecision>(text, s_json);
            if (
                Enum.IsDefined(decision.Evaluation)
                && decision is { MicroBatch: >= 1, Participants: >= 1 }
                && (decision.Evaluation != TermEvaluation.Rounds || decision.Period >= 1)
            )
            {
                return decision;
            }
        }
        catch (UnusableJsonException)
        {
            // Said below.
        }

        throw new InvalidInputException("The checkpoint does not say how its terms were evaluated.", "checkpoint", "Submit the job again.");
    }

    /// <summary>For the manifest.</summary>
    public JsonObject Describe()
    {
        var description = new JsonObject
        {
            ["asked"] = Asked,
            ["evaluation"] = Name,
            ["reason"] = Reason,
        };
        if (Measured is not null)
        {
            description["measured"] = JsonSerializer.SerializeToNode(Measured, s_json);
        }

        return description;
    }
}

/// <summary>How the terms of a step are evaluated: what the trained weights depend on, in the last bits or (rounds) altogether.</summary>
internal enum TermEvaluation
{
    /// <summary>All terms in one forward and backward pass.</summary>
    Batch = 0,

    /// <summary>Several terms a pass; gradients are added in the order of the terms.</summary>
    MicroBatch = 1,

    /// <summary>Each term alone; gradients travel as bytes and are added in the order of the terms, wherever they come from.</summary>
    TermByTerm = 2,

    /// <summary>Rounds of several steps by several participants, then an average.</summary>
    Rounds = 3,
}
