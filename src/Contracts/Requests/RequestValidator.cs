using System.Globalization;
using System.Numerics;
using OrleansOneShot.Common;
using OrleansOneShot.Contracts.Errors;

namespace OrleansOneShot.Contracts.Requests;

/// <summary>Checks a request's ranges, so that a bad one is refused before anything is stored or queued. What needs the model or the files is checked by the trainer.</summary>
public static class RequestValidator
{
    /// <summary>Most objects in one photo.</summary>
    public const int MaxObjects = 32;

    /// <summary>Most sample prompts.</summary>
    public const int MaxPrompts = 256;

    /// <summary>Longest text, in characters: prompts and class names.</summary>
    public const int MaxText = 1000;

    private static readonly string[] s_schedulers = ["dpm++", "ddim", "euler", "pndm"];

    /// <summary>Checks a job's id: 1 to 64 letters, digits, '-', '_' or '.', the first a letter or a digit.</summary>
    /// <param name="id">The id.</param>
    /// <exception cref="OneShotException">invalid_input.</exception>
    public static void RequireId(string id)
    {
        if (!IsName(id))
            throw Invalid("id", $"'{Shorten(id)}' can't be a job's id: use 1 to 64 letters, digits, '-', '_' or '.', and begin with a letter or a digit.");
    }

    /// <summary>Checks a request.</summary>
    /// <param name="request">The request.</param>
    /// <exception cref="OneShotException">invalid_input: the first field that is out of range, with its value and the range.</exception>
    public static void Require(ImplantationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!IsName(request.Name))
            throw Invalid("name", $"name is '{Shorten(request.Name)}'; use 1 to 64 letters, digits, '-', '_' or '.', and begin with a letter or a digit.");
        RequireText("owner", request.Owner, 200);
        RequireRange("priority", request.Priority, -100, 100);
        RequireRange("seed", request.Seed, 0, long.MaxValue);
        RequireHash("image", request.Image);
        RequireModel(request.Model);
        RequireObjects(request);
        RequireMethod(RequirePresent("method", request.Method));
        RequireTraining(RequirePresent("training", request.Training));
        RequireSamples(RequirePresent("samples", request.Samples));
    }

    private static void RequireModel(ModelReference? model)
    {
        if (model is null || !IsName(model.Name))
            throw Invalid("model.name", $"model.name is '{Shorten(model?.Name)}'; it must be the name of a base model, not a path.");
        if (model.Clip is not null && !IsName(model.Clip))
            throw Invalid("model.clip", $"model.clip is '{Shorten(model.Clip)}'; it must be the name of a CLIP, not a path.");
    }

    private static void RequireObjects(ImplantationRequest request)
    {
        if (request.Objects.IsDefaultOrEmpty)
            throw Invalid("objects", "objects is empty; name at least one object with its mask, class and token.");
        RequireRange("objects", request.Objects.Length, 1, MaxObjects, " objects");
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < request.Objects.Length; i++)
        {
            var field = $"objects[{i}]";
            var one = RequirePresent(field, request.Objects[i]);
            RequireText($"{field}.class", one.Class, MaxText);
            RequireHash($"{field}.mask", one.Mask);
            var bare = one.Token is ['<', .. var inside, '>'] ? inside : one.Token;
            if (!IsName(bare))
            {
                throw Invalid(
                    $"{field}.token", $"{field}.token is '{Shorten(one.Token)}'; use 1 to 64 letters, digits, '-', '_' or '.', in angle brackets or without, such as <cat>.");
            }

            if (!names.Add(bare))
                throw Invalid($"{field}.token", $"{field}.token {one.Token} is used by another object already; each needs its own.");
        }
    }

    private static void RequireMethod(MethodOptions method)
    {
        RequireRange("method.vectors", method.Vectors, 1, 16);
        RequireRange("method.subset_size", method.SubsetSize, 1, MaxObjects);
        RequireEnum("method.mask_normalisation", method.MaskNormalisation);
        RequireEnum("method.fusion", method.Fusion);
        RequireEnum("method.object_view", method.ObjectView);
        RequireEnum("method.initialisation", method.Initialisation);
        RequireRange<double>("method.class_loss_alpha", method.ClassLossAlpha, 0, 10);
        RequireRange<double>("method.class_loss_probability", method.ClassLossProbability, 0, 1);
        RequirePositive("method.prototype_learning_rate", method.PrototypeLearningRate, 1);
        RequireRange("method.prototype_steps", method.PrototypeSteps, 1, 100_000);
    }

    private static void RequireTraining(TrainingOptions training)
    {
        RequireRange("training.steps", training.Steps, 1, 100_000);
        RequirePositive("training.learning_rate", training.LearningRate, 1);
        RequireRange("training.rank", training.Rank, 1, 256);
        RequirePositive("training.alpha", training.Alpha, 1_000_000);
        RequireEnum("training.targets", training.Targets);
        RequireFlags("training.more_targets", training.MoreTargets);
        if (training.Schedule is { } schedule)
            RequireEnum("training.schedule", schedule);
        RequireRange("training.resolution", training.Resolution, 8, 4096);
        RequireRange<double>("training.weight_decay", training.WeightDecay, 0, 1);
        RequireEnum("training.precision", training.Precision);
        RequireRange("training.checkpoint_every", training.CheckpointEvery, 1, int.MaxValue);
        RequireRange("training.micro_batch", training.MicroBatch, 1, 64);
        var fanOut = RequirePresent("training.fan_out", training.FanOut);
        RequireEnum("training.fan_out.mode", fanOut.Mode);
        if (fanOut.Mode == FanOutMode.Periodic)
            RequireRange("training.fan_out.period", fanOut.Period, 1, FanOutOptions.MaxPeriod);
        else if (fanOut.Period != 0)
            throw Invalid("training.fan_out.period", $"training.fan_out.period is {fanOut.Period}, which only the mode periodic takes; leave it 0.");
        var device = training.Device;
        if (device is not ("auto" or "cpu") && !(device?.StartsWith("cuda:", StringComparison.Ordinal) == true
            && byte.TryParse(device.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            throw Invalid("training.device", $"training.device is '{Shorten(device)}'; use auto, cpu or cuda:N.");
        }
    }

    private static void RequireSamples(SampleOptions samples)
    {
        RequireRange("samples.per_prompt", samples.PerPrompt, 0, 64);
        RequireRange("samples.steps", samples.Steps, 1, 1000);
        RequireRange("samples.guidance_scale", samples.GuidanceScale, 1, 50);
        if (!s_schedulers.Contains(samples.Scheduler))
            throw Invalid("samples.scheduler", $"samples.scheduler is '{Shorten(samples.Scheduler)}'; use one of {Wording.List(s_schedulers)}.");
        if (samples.Prompts.IsDefault)
            throw Invalid("samples.prompts", "samples.prompts is missing; leave it empty for the default prompts.");
        RequireRange("samples.prompts", samples.Prompts.Length, 0, MaxPrompts, " prompts");
        for (var i = 0; i < samples.Prompts.Length; i++)
        {
            // An empty prompt is a prompt.
            var prompt = RequirePresent($"samples.prompts[{i}]", samples.Prompts[i]);
            if (prompt.Length > MaxText)
                throw Invalid($"samples.prompts[{i}]", $"samples.prompts[{i}] has {prompt.Length} characters; at most {MaxText} are allowed.");
        }
    }

    private static bool IsName(string? name) =>
        name is { Length: >= 1 and <= 64 } && char.IsAsciiLetterOrDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static void RequireHash(string field, string? hash)
    {
        if (hash is not { Length: 64 } || !hash.All(char.IsAsciiHexDigitLower))
            throw Invalid(field, $"{field} is '{Shorten(hash)}'; it must be the SHA-256 of an uploaded file, 64 lower-case hexadecimal digits.");
    }

    private static void RequireText(string field, string? text, int most)
    {
        if (string.IsNullOrWhiteSpace(text))
            throw Invalid(field, $"{field} is empty; it needs 1 to {most} characters.");
        if (text.Length > most)
            throw Invalid(field, $"{field} has {text.Length} characters; at most {most} are allowed.");
        if (text.Any(char.IsControl))
            throw Invalid(field, $"{field} holds control characters; leave them out.");
    }

    // Whatever the types say: a request comes from elsewhere.
    private static T RequirePresent<T>(string field, T? value)
        where T : class => value ?? throw Invalid(field, $"{field} is missing; leave it out for the defaults, or give a value.");

    private static void RequireEnum<T>(string field, T value)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw Invalid(field, $"{field} is {value}; use one of {Wording.List(Enum.GetNames<T>()).ToLowerInvariant()}.");
    }

    private static void RequireFlags<T>(string field, T value)
        where T : struct, Enum
    {
        // Of flags that are none, the number comes back instead of names.
        if (int.TryParse(value.ToString(), CultureInfo.InvariantCulture, out _))
            throw Invalid(field, $"{field} is {value}; use one or more of {Wording.List(Enum.GetNames<T>()).ToLowerInvariant()}.");
    }

    private static void RequirePositive(string field, double? value, double most)
    {
        // Written so that NaN is refused too.
        if (value is { } number && !(number > 0 && number <= most))
            throw Invalid(field, string.Create(CultureInfo.InvariantCulture, $"{field} is {number}; it must be above 0 and at most {most}."));
    }

    private static void RequireRange<T>(string field, T? value, T least, T most, string unit = "")
        where T : struct, INumber<T>
    {
        if (value is { } number && !(number >= least && number <= most))
            throw Invalid(field, string.Create(CultureInfo.InvariantCulture, $"{field} is {number}{unit}; it must be from {least} to {most}."));
    }

    private static OneShotException Invalid(string field, string message) => new(new ErrorDetail(ErrorCodes.InvalidInput, message, field));

    private static string Shorten(string? text) => text is null ? "" : Wording.Cut(text, 80);
}
