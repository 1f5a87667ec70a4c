using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Silo.Tests.Engine.Options;

/// <summary>What an unusual value of a field does.</summary>
/// <param name="Field">The field, as the validator names it.</param>
/// <param name="Change">Sets it.</param>
internal sealed record OptionEffect(string Field, Func<ImplantationRequest, OptionRuns, ImplantationRequest> Change)
{
    /// <summary>The value in words, where a field has several rows.</summary>
    public string Value { get; init; } = "";

    /// <summary>What changes in the manifest's options: path and JSON text. Nothing else may.</summary>
    public Dictionary<string, string> Used { get; init; } = [];

    /// <summary>Whether the weights depend on it, so that a checkpoint from before counts no more.</summary>
    public bool Trains { get; init; } = true;

    /// <summary>What is seen in the result, beside a plain run's.</summary>
    public required Action<OptionOutcome, OptionOutcome> Seen { get; init; }
}
