using System.Collections.Immutable;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Client.Generations;

/// <summary>Pictures to draw, with implantations that have succeeded or without any. What is left out takes its default.</summary>
/// <param name="prompts">What the pictures show, at least one, such as "a &lt;cat&gt; on the beach".</param>
public sealed class Generation(params IReadOnlyList<string> prompts)
{
    /// <summary>What the pictures show.</summary>
    public IReadOnlyList<string> Prompts { get; } = prompts ?? throw new ArgumentNullException(nameof(prompts));

    /// <summary>The implantations whose LoRAs and tokens the pictures are drawn with; empty: the model alone.</summary>
    public IReadOnlyList<ImplantationReference> Implantations { get; init; } = [];

    /// <summary>Name of the base model on the server; null: that of the first implantation, else the default.</summary>
    public string? Model { get; init; }

    /// <summary>What no picture should show; empty: nothing.</summary>
    public string NegativePrompt { get; init; } = "";

    /// <summary>Pictures a prompt, 1 or more; <see cref="GenerationRequest.MostPictures"/> in all.</summary>
    public int PerPrompt { get; init; } = 1;

    /// <summary>One of <see cref="Samplers.Names"/>.</summary>
    public string Scheduler { get; init; } = Defaults.Scheduler;

    /// <summary>Sampling steps; null: the model's default.</summary>
    public int? Steps { get; init; }

    /// <summary>Classifier-free guidance, 1 is none; null: the model's default.</summary>
    public double? GuidanceScale { get; init; }

    /// <summary>Guidance between the frozen and the tuned model, 0 to 20: above 1 an object is more its own; null: 1, which is off.</summary>
    public double? PersonalizationGuidance { get; init; }

    /// <summary>Seed of everything random.</summary>
    public long Seed { get; init; }

    /// <summary>Name of the result.</summary>
    public string Name { get; init; } = GenerationRequest.DefaultName;

    /// <summary>Priority among the caller's jobs, -100 to 100; higher runs first.</summary>
    public int Priority { get; init; }

    /// <summary>What the caller wants to find the job by: at most <see cref="JobMetadata.Most"/> short texts.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = JobMetadata.None();

    /// <summary>Under the same key there is one job, however often it is submitted; null makes a key for this call.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The request, checked.</summary>
    /// <param name="model">Name of the base model.</param>
    /// <returns>The request.</returns>
    /// <exception cref="OneShotException">invalid_input: every field that can't be used.</exception>
    internal GenerationRequest ToRequest(string model)
    {
        var request = new GenerationRequest
        {
            Name = Name,
            Priority = Priority,
            Seed = Seed,
            Model = new ModelReference { Name = model },
            Implantations = [.. Implantations],
            Prompts = [.. Prompts],
            NegativePrompt = NegativePrompt,
            PerPrompt = PerPrompt,
            Scheduler = Scheduler,
            Steps = Steps,
            GuidanceScale = GuidanceScale,
            PersonalizationGuidance = PersonalizationGuidance,
            Metadata = Metadata,
        };
        ImmutableArray<SettingProblem> problems = [.. GenerationValidator.Find(request)];
        return problems.IsEmpty ? request : throw RequestProblems.Refuse(problems);
    }
}
