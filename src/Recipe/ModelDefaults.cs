using System.Text.Json.Serialization;

namespace OrleansOneShot.Recipe;

/// <summary>A model's own defaults (<c>oneshot.json</c> in its folder). Every field may be absent (null): the method's defaults then hold.</summary>
public sealed record ModelDefaults
{
    /// <summary>Longest <c>oneshot.json</c> in bytes: each job keeps the text that it began with.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>Side of the square training crop and of pictures, in pixels.</summary>
    [JsonPropertyName("resolution")]
    public int? Resolution { get; init; }

    /// <summary>Learning rate of LoRA, and of token vectors where <see cref="TokenLearningRate"/> says nothing.</summary>
    [JsonPropertyName("learning_rate")]
    public double? LearningRate { get; init; }

    /// <summary>Learning rate of token vectors.</summary>
    [JsonPropertyName("token_learning_rate")]
    public double? TokenLearningRate { get; init; }

    /// <summary>How the learning rate changes over the steps: "constant" or "cosine".</summary>
    [JsonPropertyName("learning_rate_schedule")]
    public string? LearningRateSchedule { get; init; }

    /// <summary>gamma of min-SNR weights.</summary>
    [JsonPropertyName("min_snr_gamma")]
    public double? MinSnrGamma { get; init; }

    /// <summary>How the photo is varied from step to step: "none", "flip", "crop" or "flip,crop".</summary>
    [JsonPropertyName("augment")]
    public string? Augment { get; init; }

    /// <summary>Training steps.</summary>
    [JsonPropertyName("steps")]
    public int? Steps { get; init; }

    /// <summary>Sampling steps.</summary>
    [JsonPropertyName("sampling_steps")]
    public int? SamplingSteps { get; init; }

    /// <summary>Scale of classifier-free guidance.</summary>
    [JsonPropertyName("guidance_scale")]
    public double? GuidanceScale { get; init; }

    /// <summary>Learned vectors of an object.</summary>
    [JsonPropertyName("vectors")]
    public int? Vectors { get; init; }

    /// <summary>Defaults of the prototypical embedding.</summary>
    [JsonPropertyName("prototype")]
    public PrototypeDefaults? Prototype { get; init; }

    /// <summary>How far the object loss's masks are grown.</summary>
    [JsonPropertyName("mask_dilate")]
    public double? MaskDilate { get; init; }

    /// <summary>How much the edges of the object loss's masks are blurred.</summary>
    [JsonPropertyName("mask_feather")]
    public double? MaskFeather { get; init; }

    /// <summary>How masked terms are averaged: "mean" or "area".</summary>
    [JsonPropertyName("mask_normalisation")]
    public string? MaskNormalisation { get; init; }

    /// <summary>Training prompt; <c>{}</c> stands for the tokens.</summary>
    [JsonPropertyName("prompt_template")]
    public string? PromptTemplate { get; init; }

    /// <summary>Defaults of other methods, by their words; those above are of ours, and of all methods what says nothing of training.</summary>
    [JsonPropertyName("methods")]
    public IReadOnlyDictionary<string, MethodDefaults>? Methods { get; init; }

    /// <summary>Its numbers, each with the limits of the option that it stands in for.</summary>
    [JsonIgnore]
    public IEnumerable<(string Field, object? Value, SettingRange Range)> Numbers =>
        [
            .. (Methods ?? new Dictionary<string, MethodDefaults>()).SelectMany(method => method.Value?.Numbers($"methods.{method.Key}") ?? []),
            ("resolution", Resolution, Setting.Of<TrainingOptions>(options => options.Resolution).Range!),
            ("learning_rate", LearningRate, Setting.Of<TrainingOptions>(options => options.LearningRate).Range!),
            ("token_learning_rate", TokenLearningRate, Setting.Of<TrainingOptions>(options => options.TokenLearningRate).Range!),
            ("min_snr_gamma", MinSnrGamma, Setting.Of<TrainingOptions>(options => options.MinSnrGamma).Range!),
            ("steps", Steps, Setting.Of<TrainingOptions>(options => options.Steps).Range!),
            ("sampling_steps", SamplingSteps, Setting.Of<SampleOptions>(options => options.Steps).Range!),
            ("guidance_scale", GuidanceScale, Setting.Of<SampleOptions>(options => options.GuidanceScale).Range!),
            ("vectors", Vectors, Setting.Of<MethodOptions>(options => options.Vectors).Range!),
            ("mask_dilate", MaskDilate, Setting.Of<MethodOptions>(options => options.MaskDilate).Range!),
            ("mask_feather", MaskFeather, Setting.Of<MethodOptions>(options => options.MaskFeather).Range!),
            ("prototype.learning_rate", Prototype?.LearningRate, Setting.Of<MethodOptions>(options => options.PrototypeLearningRate).Range!),
            ("prototype.steps", Prototype?.Steps, Setting.Of<MethodOptions>(options => options.PrototypeSteps).Range!),
            ("prototype.distance", Prototype?.Distance, Setting.Of<MethodOptions>(options => options.PrototypeDistance).Range!),
        ];

    /// <summary>Its words, each with its field and the setting that it stands in for; null where a field is left out.</summary>
    [JsonIgnore]
    public IEnumerable<(string Field, string? Word, Setting Setting)> Words =>
        [
            ("learning_rate_schedule", LearningRateSchedule, Setting.Of<TrainingOptions>(options => options.Schedule)),
            ("mask_normalisation", MaskNormalisation, Setting.Of<MethodOptions>(options => options.MaskNormalisation)),
            .. (Methods ?? new Dictionary<string, MethodDefaults>()).Select(method =>
                ($"methods.{method.Key}.learning_rate_schedule", method.Value?.LearningRateSchedule, Setting.Of<TrainingOptions>(options => options.Schedule))
            ),
        ];

    /// <summary>The averaging that <see cref="MaskNormalisation"/> names; null where it names none.</summary>
    [JsonIgnore]
    internal Recipe.MaskNormalisation? Averaging =>
        MaskNormalisation is { } word ? (Recipe.MaskNormalisation)Setting.Of<MethodOptions>(options => options.MaskNormalisation).ValueOf(word) : null;

    /// <summary>Its words for augmentations, each with its field; null where a field is left out.</summary>
    [JsonIgnore]
    public IEnumerable<(string Field, string? Words)> Augmentations =>
        [
            ("augment", Augment),
            .. (Methods ?? new Dictionary<string, MethodDefaults>()).Select(method => ($"methods.{method.Key}.augment", method.Value?.Augment)),
        ];

    /// <summary>What it says of a method's training.</summary>
    /// <param name="method">The method.</param>
    /// <returns>The defaults; all null where it says nothing.</returns>
    public MethodDefaults Of(TrainingMethod method) =>
        method == TrainingMethod.Ours
            ? new MethodDefaults
            {
                LearningRate = LearningRate,
                LearningRateSchedule = LearningRateSchedule,
                MinSnrGamma = MinSnrGamma,
                Augment = Augment,
                Steps = Steps,
                Vectors = Vectors,
            }
            : Methods?.GetValueOrDefault(Setting.WordOf(method)) ?? new MethodDefaults();
}

/// <summary>A model's defaults of one method. Every field may be absent (null): the method's own then hold.</summary>
public sealed record MethodDefaults
{
    /// <summary>Learning rate of all that trains.</summary>
    [JsonPropertyName("learning_rate")]
    public double? LearningRate { get; init; }

    /// <summary>How the learning rate changes over the steps: "constant" or "cosine".</summary>
    [JsonPropertyName("learning_rate_schedule")]
    public string? LearningRateSchedule { get; init; }

    /// <summary>gamma of min-SNR weights.</summary>
    [JsonPropertyName("min_snr_gamma")]
    public double? MinSnrGamma { get; init; }

    /// <summary>How the photo is varied from step to step: "none", "flip", "crop" or "flip,crop".</summary>
    [JsonPropertyName("augment")]
    public string? Augment { get; init; }

    /// <summary>Training steps.</summary>
    [JsonPropertyName("steps")]
    public int? Steps { get; init; }

    /// <summary>Learned vectors of an object.</summary>
    [JsonPropertyName("vectors")]
    public int? Vectors { get; init; }

    /// <summary>DreamBooth's class pictures.</summary>
    [JsonPropertyName("class_pictures")]
    public int? ClassPictures { get; init; }

    /// <summary>The schedule that <see cref="LearningRateSchedule"/> names; null where it names none.</summary>
    [JsonIgnore]
    internal Recipe.LearningRateSchedule? Schedule =>
        LearningRateSchedule is { } word ? (Recipe.LearningRateSchedule)Setting.Of<TrainingOptions>(options => options.Schedule).ValueOf(word) : null;

    /// <summary>Its numbers, each with the limits of the option that it stands in for.</summary>
    /// <param name="field">Its own field.</param>
    internal IEnumerable<(string Field, object? Value, SettingRange Range)> Numbers(string field) =>
        [
            ($"{field}.learning_rate", LearningRate, Setting.Of<TrainingOptions>(options => options.LearningRate).Range!),
            ($"{field}.min_snr_gamma", MinSnrGamma, Setting.Of<TrainingOptions>(options => options.MinSnrGamma).Range!),
            ($"{field}.steps", Steps, Setting.Of<TrainingOptions>(options => options.Steps).Range!),
            ($"{field}.vectors", Vectors, Setting.Of<MethodOptions>(options => options.Vectors).Range!),
            ($"{field}.class_pictures", ClassPictures, Setting.Of<MethodOptions>(options => options.ClassPictures).Range!),
        ];
}

/// <summary>A model's defaults of the prototypical embedding (eq. 2).</summary>
public sealed record PrototypeDefaults
{
    /// <summary>Adam's learning rate.</summary>
    [JsonPropertyName("learning_rate")]
    public double? LearningRate { get; init; }

    /// <summary>Adam's steps at most.</summary>
    [JsonPropertyName("steps")]
    public int? Steps { get; init; }

    /// <summary>How far the text states may go from the class's.</summary>
    [JsonPropertyName("distance")]
    public double? Distance { get; init; }
}
