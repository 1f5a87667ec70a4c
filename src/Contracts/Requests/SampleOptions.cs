using System.Collections.Immutable;

namespace OrleansOneShot.Contracts.Requests;

/// <summary>The pictures drawn after training.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.SampleOptions")]
public sealed record SampleOptions
{
    /// <summary>Prompts that name the identifier tokens; empty: each object alone and all together on a few scenes.</summary>
    [Id(0)]
    public ImmutableArray<string> Prompts { get; init; } = [];

    /// <summary>Pictures a prompt, 0 to 64.</summary>
    [Id(1)]
    public int PerPrompt { get; init; } = 2;

    /// <summary>"dpm++", "ddim", "euler" or "pndm".</summary>
    [Id(2)]
    public string Scheduler { get; init; } = "dpm++";

    /// <summary>Sampling steps, 1 to 1000; null: the model's default, else 25.</summary>
    [Id(3)]
    public int? Steps { get; init; }

    /// <summary>Classifier-free guidance, 1 (none) to 50; null: the model's default, else 7.5.</summary>
    [Id(4)]
    public double? GuidanceScale { get; init; }
}
