using System.Collections.Immutable;
using System.Globalization;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Tests.Requests;

/// <summary>A field of a request with the values that are just accepted and those that are just refused.</summary>
/// <param name="Field">The field, as messages name it.</param>
/// <param name="Accepted">Requests that are accepted.</param>
/// <param name="Refused">Requests that are refused, with the sentence that says so.</param>
public sealed record RequestLimit(
    string Field,
    IReadOnlyList<ImplantationRequest> Accepted,
    IReadOnlyList<(ImplantationRequest Request, string Sentence)> Refused
);

/// <summary>Every rule of the validator from both sides.</summary>
internal static class RequestLimits
{
    private const string NameRule = "; use 1 to 64 letters, digits, '-', '_' or '.', and begin with a letter or a digit.";
    private const string TokenRule = "; use 1 to 64 letters, digits, '-', '_' or '.', in angle brackets or without, such as <cat>.";
    private const string HashRule = "; it must be the SHA-256 of an uploaded file, 64 lower-case hexadecimal digits.";
    private static readonly string[] s_badNames = ["", " ", "-a", ".a", "_a", "a/b", "a\\b", "a b", "a\n", "a:b", "ä", Text(65)];
    private static readonly string[] s_goodNames = ["a", "Z", "0", "a-b_c.d", Text(64)];
    private static readonly string s_hash = new string('0', 32) + new string('f', 32);

    /// <summary>A request that leaves open what can be left open.</summary>
    public static ImplantationRequest Good { get; } =
        new()
        {
            Name = "cat",
            Image = new string('a', 64),
            Objects =
            [
                new ObjectSpec
                {
                    Class = "teddy bear",
                    Token = "<cat>",
                    Mask = new string('b', 64),
                },
            ],
            Model = new ModelReference { Name = "toyworld-64" },
        };

    /// <summary>All rules.</summary>
    public static IReadOnlyList<RequestLimit> All { get; } =
    [
        Of<string>("name", (r, v) => r with { Name = v }, s_goodNames, [.. s_badNames.Append(null!).Select(v => (v, $"name is '{v}'{NameRule}"))]),
        TextRule("owner", 200, (r, v) => r with { Owner = v }),
        Range("priority", -100, 100, (r, v) => r with { Priority = v }),
        Of<long>("seed", (r, v) => r with { Seed = v }, [0, long.MaxValue], [(-1, "seed is -1; it must be from 0 to 9223372036854775807.")]),
        HashField("image", (r, v) => r with { Image = v }, (string)null!),
        Of<ModelReference>(
            "model.name",
            (r, v) => r with { Model = v },
            [.. s_goodNames.Select(v => new ModelReference { Name = v })],
            [(null!, ModelSentence("")), .. s_badNames.Where(v => v.Length < 65).Select(v => (new ModelReference { Name = v }, ModelSentence(v)))]
        ),
        Of<string?>(
            "model.clip",
            (r, v) => r with { Model = r.Model with { Clip = v } },
            [null, .. s_goodNames],
            [.. s_badNames.Select(v => (v, $"model.clip is '{v}'; it must be the name of a CLIP, not a path."))]
        ),
        Of<ImmutableArray<ObjectSpec>>(
            "objects",
            (r, v) => r with { Objects = v },
            [Objects(1), Objects(TextRules.Objects)],
            [
                (default, "objects is empty; name at least one object with its mask, class and token."),
                ([], "objects is empty; name at least one object with its mask, class and token."),
                (Objects(33), "objects is 33 objects; it must be from 1 to 32."),
            ]
        ),
        Of<ObjectSpec>("objects[0]", (r, v) => r with { Objects = [v] }, [Good.Objects[0]], [(null!, Missing("objects[0]"))]),
        TextRule("objects[0].class", TextRules.Class, (r, v) => r with { Objects = [r.Objects[0] with { Class = v }] }),
        HashField("objects[0].mask", (r, v) => r with { Objects = [r.Objects[0] with { Mask = v }] }),
        Of<string?>(
            "objects[0].mask",
            (r, v) => r with { Objects = [r.Objects[0] with { Mask = v }] },
            [],
            [(null, "objects[0] has neither a mask nor a box; it needs one of them.")]
        ),
        Of<ImmutableArray<int>>(
            "objects[0].box",
            (r, v) => r with { Objects = [r.Objects[0] with { Mask = null, Box = v }] },
            [
                [0, 0, 1, 1],
                [int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue],
            ],
            [
                (default, "objects[0].box is []; it must be four whole numbers: left, top, width, height."),
                ([], "objects[0].box is []; it must be four whole numbers: left, top, width, height."),
                ([1, 2, 3], "objects[0].box is [1, 2, 3]; it must be four whole numbers: left, top, width, height."),
                ([1, 2, 3, 4, 5], "objects[0].box is [1, 2, 3, 4, 5]; it must be four whole numbers: left, top, width, height."),
                ([-1, 0, 1, 1], "objects[0].box is [-1, 0, 1, 1]; left and top must be 0 or more."),
                ([0, -1, 1, 1], "objects[0].box is [0, -1, 1, 1]; left and top must be 0 or more."),
                ([0, 0, 0, 1], "objects[0].box is [0, 0, 0, 1]; width and height must be 1 or more."),
                ([0, 0, 1, 0], "objects[0].box is [0, 0, 1, 0]; width and height must be 1 or more."),
            ]
        ),
        Of<string?>(
            "objects[0].box",
            (r, v) => r with { Objects = [r.Objects[0] with { Mask = v, Box = [0, 0, 1, 1] }] },
            [null],
            [(s_hash, "objects[0] has a mask and a box; leave one of them out.")]
        ),
        Of<string>(
            "objects[0].token",
            (r, v) => r with { Objects = [r.Objects[0] with { Token = v }] },
            [.. s_goodNames, .. s_goodNames.Select(v => $"<{v}>")],
            [.. s_badNames.Concat(["<>", "<a", "a>", "<<a>>", $"<{Text(65)}>"]).Append(null!).Select(v => (v, $"objects[0].token is '{v}'{TokenRule}"))]
        ),
        Of<string>(
            "objects[1].token",
            (r, v) => r with { Objects = [r.Objects[0], r.Objects[0] with { Token = v }] },
            ["<cat-2>", "ca", "<catx>"],
            [.. new[] { "<cat>", "<CAT>", "cat", "Cat" }.Select(v => (v, $"objects[1].token {v} is used by another object already; each needs its own."))]
        ),
        Of<MethodOptions>("method", (r, v) => r with { Method = v }, [new MethodOptions()], [(null!, Missing("method"))]),
        Range("method.vectors", 1, 16, (r, v) => r with { Method = r.Method with { Vectors = v } }),
        Choice<TrainingMethod>("method.name", "ours, lora, textualinversion, dreambooth", (r, v) => r with { Method = r.Method with { Name = v } }),
        Range("method.subset_size", 1, TextRules.Objects, (r, v) => r with { Method = r.Method with { SubsetSize = v } }),
        Choice<MaskNormalisation>("method.mask_normalisation", "mean, area", (r, v) => r with { Method = r.Method with { MaskNormalisation = v } }),
        Choice<PrototypeFusion>("method.fusion", "average, image, maskedimage, class", (r, v) => r with { Method = r.Method with { Fusion = v } }),
        Choice<TokenInitialisation>("method.initialisation", "class, random", (r, v) => r with { Method = r.Method with { Initialisation = v } }),
        Choice<ObjectView>("method.object_view", "shared, own", (r, v) => r with { Method = r.Method with { ObjectView = v } }),
        Real("method.mask_dilate", 0, 0.25, (r, v) => r with { Method = r.Method with { MaskDilate = v } }),
        Real("method.mask_feather", 0, 0.25, (r, v) => r with { Method = r.Method with { MaskFeather = v } }),
        Real("method.class_loss_alpha", 0, 10, (r, v) => r with { Method = r.Method with { ClassLossAlpha = v } }),
        Real("method.class_loss_probability", 0, 1, (r, v) => r with { Method = r.Method with { ClassLossProbability = v } }),
        Positive("method.prototype_learning_rate", 10, (r, v) => r with { Method = r.Method with { PrototypeLearningRate = v } }),
        Positive("method.prototype_distance", 2, (r, v) => r with { Method = r.Method with { PrototypeDistance = v } }),
        Range("method.prototype_steps", 0, 100_000, (r, v) => r with { Method = r.Method with { PrototypeSteps = v } }),
        Of<TrainingOptions>("training", (r, v) => r with { Training = v }, [new TrainingOptions()], [(null!, Missing("training"))]),
        Range("training.steps", 1, 100_000, (r, v) => r with { Training = r.Training with { Steps = v } }),
        Positive("training.learning_rate", 1, (r, v) => r with { Training = r.Training with { LearningRate = v } }),
        Positive("training.token_learning_rate", 1, (r, v) => r with { Training = r.Training with { TokenLearningRate = v } }),
        Real("training.min_snr_gamma", 0, 1000, (r, v) => r with { Training = r.Training with { MinSnrGamma = v } }),
        Of<Augmentations>(
            "training.augment",
            (r, v) => r with { Training = r.Training with { Augment = v } },
            [.. Enumerable.Range(0, 4).Select(v => (Augmentations)v)],
            [.. new[] { 4, 5, -1 }.Select(v => ((Augmentations)v, $"training.augment is {v}; use one or more of none, flip, crop."))]
        ),
        Choice<LearningRateSchedule>("training.schedule", "constant, cosine", (r, v) => r with { Training = r.Training with { Schedule = v } }),
        Range("training.rank", 1, 256, (r, v) => r with { Training = r.Training with { Rank = v } }),
        Positive("training.alpha", 1_000_000, (r, v) => r with { Training = r.Training with { Alpha = v } }),
        Choice<LoraTargets>("training.targets", "attention, cross", (r, v) => r with { Training = r.Training with { Targets = v } }),
        Of<MoreLoraTargets>(
            "training.more_targets",
            (r, v) => r with { Training = r.Training with { MoreTargets = v } },
            [.. Enumerable.Range(0, 32).Select(v => (MoreLoraTargets)v)],
            [
                .. new[] { 32, 33, -1 }.Select(v =>
                    (
                        (MoreLoraTargets)v,
                        $"training.more_targets is {v}; use one or more of none, feedforward, projectionin, projectionout, convolutions, timeprojections."
                    )
                ),
            ]
        ),
        Range("training.resolution", 8, 4096, (r, v) => r with { Training = r.Training with { Resolution = v } }),
        Real("training.weight_decay", 0, 1, (r, v) => r with { Training = r.Training with { WeightDecay = v } }),
        Choice<Precision>("training.precision", "auto, fp32, bf16", (r, v) => r with { Training = r.Training with { Precision = v } }),
        Of<string>(
            "training.device",
            (r, v) => r with { Training = r.Training with { Device = v } },
            ["auto", "cpu", "cuda:0", "cuda:255"],
            [
                .. new[] { null!, "", "CPU", "cuda", "cuda:", "cuda:-1", "cuda:+1", "cuda: 1", "cuda:256", "cuda:1 ", "tpu" }.Select(v =>
                    (v, $"training.device is '{v}'; use auto, cpu or cuda:N.")
                ),
            ]
        ),
        Of<int>(
            "training.checkpoint_every",
            (r, v) => r with { Training = r.Training with { CheckpointEvery = v } },
            [1, int.MaxValue],
            [(0, "training.checkpoint_every is 0; it must be from 1 to 2147483647."), (-1, "training.checkpoint_every is -1; it must be from 1 to 2147483647.")]
        ),
        Range("training.preview_every", 0, 100_000, (r, v) => r with { Training = r.Training with { PreviewEvery = v } }),
        Range("training.micro_batch", 1, 64, (r, v) => r with { Training = r.Training with { MicroBatch = v } }),
        Of<FanOutOptions>(
            "training.fan_out",
            (r, v) => r with { Training = r.Training with { FanOut = v } },
            [new FanOutOptions()],
            [(null!, Missing("training.fan_out"))]
        ),
        Of<FanOutMode>(
            "training.fan_out.mode",
            (r, v) =>
                r with
                {
                    Training = r.Training with
                    {
                        FanOut = new FanOutOptions { Mode = v, Period = v == FanOutMode.Periodic ? 1 : 0 },
                    },
                },
            [.. Enum.GetValues<FanOutMode>()],
            [
                ((FanOutMode)4, "training.fan_out.mode is 4; use one of auto, local, synchronous, periodic."),
                ((FanOutMode)(-1), "training.fan_out.mode is -1; use one of auto, local, synchronous, periodic."),
            ]
        ),
        Range(
            "training.fan_out.period",
            1,
            FanOutOptions.MaxPeriod,
            (r, v) =>
                r with
                {
                    Training = r.Training with
                    {
                        FanOut = new FanOutOptions { Mode = FanOutMode.Periodic, Period = v },
                    },
                }
        ),
        Of<(FanOutMode Mode, int Period)>(
            "training.fan_out.period",
            (r, v) =>
                r with
                {
                    Training = r.Training with
                    {
                        FanOut = new FanOutOptions { Mode = v.Mode, Period = v.Period },
                    },
                },
            [(FanOutMode.Auto, 0), (FanOutMode.Local, 0), (FanOutMode.Synchronous, 0)],
            [
                .. new[] { (FanOutMode.Auto, 1), (FanOutMode.Local, 7), (FanOutMode.Synchronous, -1) }.Select(v =>
                    (v, $"training.fan_out.period is {v.Item2}, which only the mode periodic takes; leave it 0.")
                ),
            ]
        ),
        Of<SampleOptions>("samples", (r, v) => r with { Samples = v }, [new SampleOptions()], [(null!, Missing("samples"))]),
        Range("samples.per_prompt", 0, 64, (r, v) => r with { Samples = r.Samples with { PerPrompt = v } }),
        Range("samples.steps", 1, 1000, (r, v) => r with { Samples = r.Samples with { Steps = v } }),
        Real("samples.guidance_scale", 1, 100, (r, v) => r with { Samples = r.Samples with { GuidanceScale = v } }),
        Real("samples.personalization_guidance", 0, 20, (r, v) => r with { Samples = r.Samples with { PersonalizationGuidance = v } }),
        Of<string>(
            "samples.scheduler",
            (r, v) => r with { Samples = r.Samples with { Scheduler = v } },
            ["dpm++", "ddim", "euler", "pndm"],
            [.. new[] { null!, "", "DDIM", "heun", "dpm" }.Select(v => (v, $"samples.scheduler is '{v}'; use one of dpm++, ddim, euler, pndm."))]
        ),
        Of<ImmutableArray<string>>(
            "samples.prompts",
            (r, v) => r with { Samples = r.Samples with { Prompts = v } },
            [
                [],
                [""],
                [.. Enumerable.Repeat("x", TextRules.Prompts)],
            ],
            [
                (default, "samples.prompts is missing; leave it empty for the default prompts."),
                ([.. Enumerable.Repeat("x", 257)], "samples.prompts is 257 prompts; it must be from 0 to 256."),
            ]
        ),
        Of<string>(
            "samples.prompts[1]",
            (r, v) => r with { Samples = r.Samples with { Prompts = ["a", v] } },
            ["", Text(1000)],
            [(null!, Missing("samples.prompts[1]")), (Text(1001), "samples.prompts[1] has 1001 characters; at most 1000 are allowed.")]
        ),
        Of<ImmutableDictionary<string, string>>(
            "metadata",
            (r, v) => r with { Metadata = v },
            [Metadata(0), Metadata(16), .. s_goodNames.Select(v => Metadata(0).Add(v, "x"))],
            [
                (null!, Missing("metadata")),
                (Metadata(17), "metadata has 17 entries; it must be from 0 to 16."),
                .. s_badNames.Select(v => (Metadata(0).Add(v, "x"), $"metadata has the key '{v}'{NameRule}")),
            ]
        ),
        Of<string>(
            "metadata['run.id']",
            (r, v) => r with { Metadata = Metadata(0).Add("a", "b").Add("run.id", v) },
            ["", " ", "ä <b>", Text(256)],
            [
                (null!, "metadata['run.id'] has no value; leave it out, or give one of at most 256 characters."),
                (Text(257), "metadata['run.id'] has 257 characters; at most 256 are allowed."),
                ("a\nb", "metadata['run.id'] holds control characters; leave them out."),
            ]
        ),
    ];

    private static ImmutableDictionary<string, string> Metadata(int entries) =>
        Enumerable.Range(0, entries).ToImmutableDictionary(i => FormattableString.Invariant($"k{i}"), _ => "v");

    private static string Text(int length) => new('x', length);

    private static string Missing(string field) => $"{field} is missing; leave it out for the defaults, or give a value.";

    private static string ModelSentence(string name) => $"model.name is '{name}'; it must be the name of a base model, not a path.";

    private static ImmutableArray<ObjectSpec> Objects(int count) => [.. Enumerable.Range(0, count).Select(i => Good.Objects[0] with { Token = $"<t{i}>" })];

    private static RequestLimit Of<T>(
        string field,
        Func<ImplantationRequest, T, ImplantationRequest> set,
        IEnumerable<T> accepted,
        IEnumerable<(T Value, string Sentence)> refused
    ) => new(field, [.. accepted.Select(v => set(Good, v))], [.. refused.Select(v => (set(Good, v.Value), v.Sentence))]);

    private static RequestLimit Range(string field, int least, int most, Func<ImplantationRequest, int, ImplantationRequest> set) =>
        Of(field, set, [least, most], new[] { least - 1, most + 1 }.Select(v => (v, $"{field} is {v}; it must be from {least} to {most}.")));

    private static RequestLimit Real(string field, double least, double most, Func<ImplantationRequest, double, ImplantationRequest> set) =>
        Of(
            field,
            set,
            [least, most],
            new[] { Math.BitDecrement(least), Math.BitIncrement(most), double.NaN, double.PositiveInfinity, double.NegativeInfinity }.Select(v =>
                (v, Say($"{field} is {v}; it must be from {least} to {most}."))
            )
        );

    private static RequestLimit Positive(string field, double most, Func<ImplantationRequest, double, ImplantationRequest> set) =>
        Of(
            field,
            set,
            [double.Epsilon, most],
            new[] { 0, -1, Math.BitIncrement(most), double.NaN, double.PositiveInfinity }.Select(v =>
                (v, Say($"{field} is {v}; it must be above 0 and at most {most}."))
            )
        );

    private static RequestLimit Choice<T>(string field, string names, Func<ImplantationRequest, T, ImplantationRequest> set)
        where T : struct, Enum
    {
        var values = Enum.GetValues<T>();
        return Of(field, set, values, new[] { (T)(object)-1, (T)(object)values.Length }.Select(v => (v, $"{field} is {v}; use one of {names}.")));
    }

    private static RequestLimit TextRule(string field, int most, Func<ImplantationRequest, string, ImplantationRequest> set) =>
        Of(
            field,
            set,
            ["x", "teddy bear", "ä", Text(most)],
            [
                (null!, $"{field} is empty; it needs 1 to {most} characters."),
                ("", $"{field} is empty; it needs 1 to {most} characters."),
                (" \t", $"{field} is empty; it needs 1 to {most} characters."),
                (Text(most + 1), $"{field} has {most + 1} characters; at most {most} are allowed."),
                ("a\nb", $"{field} holds control characters; leave them out."),
                ("a\u001bb", $"{field} holds control characters; leave them out."),
            ]
        );

    private static RequestLimit HashField(string field, Func<ImplantationRequest, string, ImplantationRequest> set, params string[] others) =>
        Of(
            field,
            set,
            [s_hash],
            new[] { "", s_hash[1..], s_hash + "0", s_hash.ToUpperInvariant(), "g" + s_hash[1..], "../" + s_hash[3..] }
                .Concat(others)
                .Select(v => (v, $"{field} is '{v}'{HashRule}"))
        );

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
