using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Silo.Tests.Engine.Options;

/// <summary>Every field of a request with an unusual value and what comes of it.</summary>
internal static class OptionEffects
{
    private const int Objects = 2;

    /// <summary>All rows.</summary>
    public static IReadOnlyList<OptionEffect> All { get; } = [.. Request(), .. Method(), .. Training(), .. Samples()];

    private static IEnumerable<OptionEffect> Request() =>
        [
            new("name", (r, _) => r with { Name = "other" })
            {
                Used = { ["name"] = "\"other\"" },
                Trains = false,
                Seen = (plain, other) => Assert.Equal("other", other.Lora.Name),
            },
            new("owner", (r, _) => r with { Owner = "anna" }) { Trains = false, Seen = AllAlike },
            new("metadata", (r, _) => r with { Metadata = new Dictionary<string, string> { ["order"] = "7" } }) { Trains = false, Seen = AllAlike },
            new("priority", (r, _) => r with { Priority = 7 }) { Trains = false, Seen = AllAlike },
            new("seed", (r, _) => r with { Seed = 6 })
            {
                Used = { ["seed"] = "6" },
                Seen = (plain, other) =>
                {
                    Assert.NotEqual(plain.Losses[0].Global, other.Losses[0].Global);
                    Assert.NotEqual(plain.Weights(1, 'A'), other.Weights(1, 'A'));
                    PicturesDiffer(plain, other);
                },
            },
            new("image", (r, runs) => r with { Image = runs.Blob("scene-cup-teddy-bear-apple") })
            {
                Seen = (plain, other) => Assert.NotEqual(plain.Losses[0].Global, other.Losses[0].Global),
            },
            new(
                "objects.mask",
                (r, _) =>
                    r with
                    {
                        Objects = [r.Objects[0] with { Mask = r.Objects[1].Mask }, r.Objects[1] with { Mask = r.Objects[0].Mask }],
                        Method = r.Method with { SubsetSize = 1 },
                    }
            )
            {
                Used = { ["subset_size"] = "1" },
                Seen = (plain, other) => Assert.NotEqual(plain.Losses[0].Object, other.Losses[0].Object),
            },
            new("objects.box", (r, _) => r with { Objects = [r.Objects[0] with { Mask = null, Box = [20, 20, 120, 200] }, r.Objects[1]] })
            {
                Seen = (plain, other) =>
                {
                    Assert.Equal((0, 1), (plain.Masks.Count, other.Masks.Count));
                    Assert.NotEqual(plain.Losses[0].Object, other.Losses[0].Object);
                },
            },
            new("objects.class", (r, _) => r with { Objects = [r.Objects[0] with { Class = "dog" }, r.Objects[1]] })
            {
                Seen = (plain, other) => Assert.NotEqual(plain.Losses[0].Global, other.Losses[0].Global),
            },
            new("objects.token", (r, _) => r with { Objects = [r.Objects[0] with { Token = "<vix>" }, r.Objects[1]] })
            {
                Seen = (plain, other) => Assert.Equal(["ball", "vix"], other.Embeddings.Keys.Order(StringComparer.Ordinal)),
            },
            new("model.name", (r, _) => r with { Model = new ModelReference { Name = "tiny-v" } })
            {
                Seen = (plain, other) =>
                {
                    Assert.Equal(
                        ("\"epsilon\"", "\"velocity\""),
                        (plain.Manifest["model"]!["prediction_type"]!.ToJsonString(), other.Manifest["model"]!["prediction_type"]!.ToJsonString())
                    );
                    Assert.Equal("tiny-v", (string?)other.Manifest["model"]!["name"]);
                    Assert.NotEqual((string?)plain.Manifest["model"]!["sha256"], (string?)other.Manifest["model"]!["sha256"]);
                    Assert.NotEqual(plain.Losses[0].Global, other.Losses[0].Global);
                },
            },
            new("model.clip", (r, _) => r with { Model = r.Model with { Clip = "clip-2" } })
            {
                Seen = (plain, other) => Assert.NotEqual((double)plain.Metrics["prototype_similarity"]!, (double)other.Metrics["prototype_similarity"]!),
            },
        ];

    private static IEnumerable<OptionEffect> Method() =>
        [
            new("method.prototype", (r, _) => r with { Method = r.Method with { Prototype = false } })
            {
                Used = { ["use_prototype"] = "false" },
                Seen = (plain, other) =>
                {
                    Assert.NotNull(plain.Metrics["prototype_similarity"]);
                    Assert.Null(other.Metrics["prototype_similarity"]);
                    Assert.NotEqual(plain.Losses[0].Global, other.Losses[0].Global);
                    EmbeddingsDiffer(plain, other);
                },
            },
            new("method.class_loss", (r, _) => r with { Method = r.Method with { ClassLoss = false } })
            {
                Used = { ["objective.class_loss"] = "false" },
                Seen = (plain, other) =>
                {
                    FirstStep(plain, other, global: true, masked: true);
                    Assert.All(other.Losses, l => Assert.Equal(0, l.Class));
                },
            },
            new("method.object_loss", (r, _) => r with { Method = r.Method with { ObjectLoss = false } })
            {
                Used = { ["objective.object_loss"] = "false" },
                Seen = (plain, other) =>
                {
                    FirstStep(plain, other, global: true, classes: true);
                    Assert.All(other.Losses, l => Assert.Equal(0, l.Object));
                },
            },
            new("method.vectors", (r, _) => r with { Method = r.Method with { Vectors = 3 } })
            {
                Used = { ["vectors"] = "3" },
                Seen = (plain, other) => Assert.Equal((4 * 32, 3 * 32), (plain.Embeddings["fox"].Length, other.Embeddings["fox"].Length)),
            },
            new("method.subset_size", (r, _) => r with { Method = r.Method with { SubsetSize = 1 } })
            {
                Used = { ["subset_size"] = "1" },
                Seen = (plain, other) =>
                {
                    FirstStep(plain, other, global: true);
                    Assert.InRange(other.Losses[0].Object, 0, plain.Losses[0].Object * 0.999);
                    Assert.InRange(other.Losses[0].Class, 0, plain.Losses[0].Class * 0.999);
                },
            },
            new("method.mask_normalisation", (r, _) => r with { Method = r.Method with { MaskNormalisation = MaskNormalisation.Area } })
            {
                Used = { ["objective.mask_normalisation"] = "\"area\"" },
                Seen = (plain, other) =>
                {
                    FirstStep(plain, other, global: true, classes: true);
                    Assert.True(other.Losses[0].Object > 1.5 * plain.Losses[0].Object);
                },
            },
            Fusion(PrototypeFusion.Image, 1, 0, 0),
            Fusion(PrototypeFusion.MaskedImage, 0, 1, 0),
            Fusion(PrototypeFusion.Class, 0, 0, 1),
            new("method.initialisation", (r, _) => r with { Method = r.Method with { Initialisation = TokenInitialisation.Random } })
            {
                Used = { ["random_initialisation"] = "true" },
                Seen = (plain, other) =>
                {
                    Assert.NotEqual(plain.Losses[0].Global, other.Losses[0].Global);
                    EmbeddingsDiffer(plain, other);
                },
            },
            new("method.class_loss_alpha", (r, _) => r with { Method = r.Method with { ClassLossAlpha = 0.25 } })
            {
                Used = { ["objective.class_loss_alpha"] = "0.25" },
                Seen = (plain, other) =>
                {
                    FirstStep(plain, other, global: true, masked: true);
                    Assert.Equal(Objects - (0.25 * (Objects - plain.Losses[0].Class)), other.Losses[0].Class, 1e-5);
                },
            },
            new("method.class_loss_probability", (r, _) => r with { Method = r.Method with { ClassLossProbability = 0 } })
            {
                Used = { ["objective.class_loss_probability"] = "0" },
                Seen = (plain, other) =>
                {
                    FirstStep(plain, other, global: true, masked: true);
                    Assert.All(other.Losses, l => Assert.Equal(0, l.Class));
                },
            },
            new("method.prototype_learning_rate", (r, _) => r with { Method = r.Method with { PrototypeLearningRate = 0.05 } })
            {
                Used = { ["prototype.learning_rate"] = "0.05" },
                Seen = (plain, other) => Assert.NotEqual(plain.Losses[0].Global, other.Losses[0].Global),
            },
            new("method.prototype_steps", (r, _) => r with { Method = r.Method with { PrototypeSteps = 5 } })
            {
                Used = { ["prototype.steps"] = "5" },
                Seen = (plain, other) => Assert.Equal((3, 6), (PrototypeLosses(plain), PrototypeLosses(other))),
            },
            new("method.prototype_distance", (r, _) => r with { Method = r.Method with { PrototypeDistance = 1e-6 } })
            {
                // The first step goes farther, so that the vectors stay where they start.
                Used = { ["prototype.distance"] = "1E-06" },
                Seen = (plain, other) =>
                {
                    Assert.Equal((3, 2), (PrototypeLosses(plain), PrototypeLosses(other)));
                    Assert.NotEqual(plain.Losses[0].Global, other.Losses[0].Global);
                },
            },
            new("method.object_view", (r, _) => r with { Method = r.Method with { ObjectView = ObjectView.Own } })
            {
                Used = { ["own_views"] = "true" },
                Seen = (plain, other) =>
                {
                    FirstStep(plain, other, global: true, classes: true);
                    Assert.NotEqual(plain.Losses[0].Object, other.Losses[0].Object);
                },
            },
            OfMasks("mask_dilate", r => r with { MaskDilate = 0.1 }),
            OfMasks("mask_feather", r => r with { MaskFeather = 0.1 }),
            new("method.name", (r, _) => r with { Method = new MethodOptions { Name = TrainingMethod.Lora } })
            {
                Used = OfWholePictures(("method", "\"lora\"")),
                Seen = (plain, other) =>
                {
                    Assert.NotEqual(plain.Losses[0].Global, other.Losses[0].Global);
                    Assert.All(other.Terms, terms => Assert.Equal(["global"], terms.Select(term => term.Name)));
                    Assert.Equal(plain.Lora.Tensors.Keys, other.Lora.Tensors.Keys);
                },
            },
            new(
                "method.class_pictures",
                (r, _) =>
                    r with
                    {
                        Method = new MethodOptions { Name = TrainingMethod.Dreambooth, ClassPictures = 2 },
                    }
            )
            {
                Used = OfWholePictures(("method", "\"dreambooth\""), ("class_pictures", "2"), ("prior_weight", "1")),
                Seen = (_, other) =>
                {
                    Assert.All(other.Terms, terms => Assert.Equal(["global", "prior"], terms.Select(term => term.Name)));
                    Assert.Empty(other.Lora.Tensors);
                },
            },
            new(
                "method.prior_weight",
                (r, _) =>
                    r with
                    {
                        Method = new MethodOptions
                        {
                            Name = TrainingMethod.Dreambooth,
                            ClassPictures = 1,
                            PriorWeight = 0.25,
                        },
                    }
            )
            {
                Used = OfWholePictures(("method", "\"dreambooth\""), ("class_pictures", "1"), ("prior_weight", "0.25")),
                Seen = (_, other) => Assert.All(other.Terms, terms => Assert.InRange(terms[1].Value, 1e-3, 2)),
            },
        ];

    // A method without masks and prototype switches all of that off.
    private static Dictionary<string, string> OfWholePictures(params ReadOnlySpan<(string Path, string Json)> own)
    {
        var used = new Dictionary<string, string>
        {
            ["use_prototype"] = "false",
            // Which the plain request asks for, and such a method may not.
            ["prototype.steps"] = "300",
            ["objective.object_loss"] = "false",
            ["objective.class_loss"] = "false",
        };
        foreach (var (path, json) in own)
        {
            used.Add(path, json);
        }

        return used;
    }

    private static IEnumerable<OptionEffect> Training() =>
        [
            new("training.steps", (r, _) => r with { Training = r.Training with { Steps = 3 } })
            {
                Used = { ["steps"] = "3" },
                Seen = (plain, other) => Assert.Equal(3, other.Losses.Count),
            },
            new("training.learning_rate", (r, _) => r with { Training = r.Training with { LearningRate = 4e-3 } })
            {
                // Adam's first step is the learning rate, whatever the gradient's size.
                Used = { ["learning_rate"] = "0.004" },
                Seen = (plain, other) => Assert.Equal(4, Size(other.Weights(1, 'B')) / Size(plain.Weights(1, 'B')), 1e-3),
            },
            new("training.token_learning_rate", (r, _) => r with { Training = r.Training with { TokenLearningRate = 4e-3 } })
            {
                Used = { ["token_learning_rate"] = "0.004" },
                Seen = (plain, other) =>
                {
                    Assert.Equal(plain.Weights(1, 'B'), other.Weights(1, 'B'));
                    EmbeddingsDiffer(plain, other);
                },
            },
            new("training.min_snr_gamma", (r, _) => r with { Training = r.Training with { MinSnrGamma = 1e-3 } })
            {
                // At so small a gamma every timestep counts: all but those of the most noise weigh gamma / SNR, and all terms of a step alike.
                Used = { ["objective.min_snr_gamma"] = "0.001" },
                Seen = (plain, other) =>
                {
                    FirstStep(plain, other, classes: true);
                    var weight = other.Losses[0].Global / plain.Losses[0].Global;
                    Assert.InRange(weight, 1e-9, 0.999);
                    Assert.Equal(weight, other.Losses[0].Object / plain.Losses[0].Object, weight * 1e-4);
                },
            },
            // Of seed 5, the first step sees a part of the crop or its mirror image.
            new("training.augment", (r, _) => r with { Training = r.Training with { Augment = Augmentations.Flip | Augmentations.Crop } })
            {
                Used = { ["augment"] = "\"flip, crop\"" },
                Seen = (plain, other) =>
                {
                    FirstStep(plain, other, classes: true);
                    Assert.NotEqual(plain.Losses[0].Global, other.Losses[0].Global);
                    Assert.NotEqual(plain.Losses[0].Object, other.Losses[0].Object);
                },
            },
            new("training.schedule", (r, _) => r with { Training = r.Training with { Schedule = LearningRateSchedule.Cosine } })
            {
                // The second of two steps goes half as far.
                Used = { ["schedule"] = "\"cosine\"" },
                Seen = (plain, other) =>
                {
                    Assert.Equal(plain.Weights(1, 'B'), other.Weights(1, 'B'));
                    Assert.Equal(0.5, Moved(other) / Moved(plain), 1e-3);
                },
            },
            new("training.rank", (r, _) => r with { Training = r.Training with { Rank = 2 } })
            {
                Used = { ["rank"] = "2", ["alpha"] = "2" },
                Seen = (plain, other) =>
                    Assert.All(
                        plain.Lora.Tensors.Keys.Where(key => key.EndsWith("lora_down.weight", StringComparison.Ordinal)),
                        key => Assert.Equal((4, 2), (plain.Lora.Tensors[key].Shape[0], other.Lora.Tensors[key].Shape[0]))
                    ),
            },
            new("training.alpha", (r, _) => r with { Training = r.Training with { Alpha = 16 } })
            {
                Used = { ["alpha"] = "16" },
                Seen = (plain, other) =>
                {
                    Assert.All(
                        other.Lora.Tensors.Where(pair => pair.Key.EndsWith(".alpha", StringComparison.Ordinal)),
                        pair => Assert.Equal(16, pair.Value.Values[0])
                    );
                    FirstStep(plain, other, global: true, masked: true, classes: true);
                    Assert.NotEqual(plain.Losses[1].Global, other.Losses[1].Global);
                    PicturesDiffer(plain, other);
                },
            },
            new("training.targets", (r, _) => r with { Training = r.Training with { Targets = LoraTargets.Cross } })
            {
                Used = { ["cross_attention_only"] = "true" },
                Seen = (plain, other) =>
                {
                    Assert.Equal((88 * 3, 44 * 3), (plain.Lora.Tensors.Count, other.Lora.Tensors.Count));
                    Assert.All(other.Lora.Tensors.Keys, key => Assert.Contains("attn2", key, StringComparison.Ordinal));
                },
            },
            new(
                "training.more_targets",
                (r, _) =>
                    r with
                    {
                        Training = r.Training with
                        {
                            MoreTargets =
                                MoreLoraTargets.FeedForward
                                | MoreLoraTargets.ProjectionIn
                                | MoreLoraTargets.ProjectionOut
                                | MoreLoraTargets.Convolutions
                                | MoreLoraTargets.TimeProjections,
                        },
                    }
            )
            {
                Used = { ["more_targets"] = "\"feed_forward, projection_in, projection_out, convolutions, time_projections\"" },
                Seen = (plain, other) =>
                {
                    string[] more = [.. other.Lora.Tensors.Keys.Except(plain.Lora.Tensors.Keys)];
                    Assert.Empty(plain.Lora.Tensors.Keys.Except(other.Lora.Tensors.Keys));
                    Assert.All(
                        new[]
                        {
                            "_ff_net_0_proj.",
                            "_ff_net_2.",
                            "_proj_in.",
                            "_proj_out.",
                            "_conv1.",
                            "_conv2.",
                            "_conv_shortcut.",
                            "_downsamplers_0_conv.",
                            "_upsamplers_0_conv.",
                            "_time_emb_proj.",
                        },
                        kind => Assert.Contains(more, key => key.Contains(kind, StringComparison.Ordinal))
                    );

                    // Every kind learns something: B starts at zero.
                    Assert.All(
                        more.Where(key => key.EndsWith(".lora_up.weight", StringComparison.Ordinal)),
                        key => Assert.Contains(other.Lora.Tensors[key].Values, v => v != 0)
                    );
                },
            },
            new("training.dora", (r, _) => r with { Training = r.Training with { Dora = true } })
            {
                Used = { ["dora"] = "true" },
                Seen = (plain, other) =>
                {
                    string[] more = [.. other.Lora.Tensors.Keys.Except(plain.Lora.Tensors.Keys)];
                    Assert.Empty(plain.Lora.Tensors.Keys.Except(other.Lora.Tensors.Keys));
                    Assert.Equal(88, more.Length);
                    Assert.All(more, key => Assert.EndsWith(".dora_scale", key, StringComparison.Ordinal));

                    // It starts as the plain model does, and each weight of B goes as far in its first step; then lengths matter.
                    Assert.Equal(plain.Losses[0].Global, other.Losses[0].Global, 1e-5);
                    Assert.NotEqual(plain.Losses[1].Global, other.Losses[1].Global);
                    Assert.NotEqual(plain.Weights(2, 'B'), other.Weights(2, 'B'));
                    PicturesDiffer(plain, other);
                },
            },
            new("training.resolution", (r, _) => r with { Training = r.Training with { Resolution = 48 } })
            {
                Used = { ["resolution"] = "48" },
                Seen = (plain, other) =>
                    Assert.Equal(
                        (32, 48, 48),
                        (plain.Pictures.Values.Single().Width, other.Pictures.Values.Single().Width, other.Pictures.Values.Single().Height)
                    ),
            },
            new("training.weight_decay", (r, _) => r with { Training = r.Training with { WeightDecay = 1 } })
            {
                // B is zero before the first step, so A gets no gradient in it and only decays.
                Used = { ["weight_decay"] = "1" },
                Seen = (plain, other) => Assert.Equal((1 - 1e-3) / (1 - 1e-5), Size(other.Weights(1, 'A')) / Size(plain.Weights(1, 'A')), 1e-6),
            },
            new("training.precision", (r, _) => r with { Training = r.Training with { Precision = Precision.Bf16 } })
            {
                Used = { ["precision"] = "\"bf16\"" },
                Seen = (plain, other) =>
                {
                    Assert.Equal(
                        ("Float32", "BFloat16"),
                        ((string?)plain.Manifest["model"]!["element_type"], (string?)other.Manifest["model"]!["element_type"])
                    );
                    Assert.NotEqual(plain.Losses[0].Global, other.Losses[0].Global);
                },
            },
            new("training.checkpoint_every", (r, _) => r with { Training = r.Training with { CheckpointEvery = 2 } })
            {
                Used = { ["checkpoint_every"] = "2" },
                Trains = false,
                Seen = (plain, other) =>
                {
                    Assert.Equal([1, 2], plain.CheckpointSteps);
                    Assert.Equal([2], other.CheckpointSteps);
                    AllAlike(plain, other);
                },
            },
            new("training.preview_every", (r, _) => r with { Training = r.Training with { PreviewEvery = 1 } })
            {
                Used = { ["preview_every"] = "1" },
                Trains = false,
                Seen = (plain, other) =>
                {
                    Assert.Empty(plain.PreviewSteps);
                    Assert.Equal([1], other.PreviewSteps);
                    AllAlike(plain, other);
                },
            },
            new("training.fan_out.mode", (r, _) => r with { Training = r.Training with { FanOut = new FanOutOptions { Mode = FanOutMode.Local } } })
            {
                Value = "local",
                Used = { ["fan_out"] = "\"local\"" },
                Seen = (plain, other) => Assert.Equal(("auto", "local"), (Asked(plain), Asked(other))),
            },
            new("training.fan_out.mode", (r, _) => r with { Training = r.Training with { FanOut = new FanOutOptions { Mode = FanOutMode.Synchronous } } })
            {
                Value = "synchronous",
                Used = { ["fan_out"] = "\"synchronous\"" },
                Seen = (plain, other) => Assert.Equal(("synchronous", "term by term"), (Asked(other), (string?)other.Manifest["fan_out"]!["evaluation"])),
            },
            new(
                "training.fan_out.period",
                (r, _) =>
                    r with
                    {
                        Training = r.Training with
                        {
                            FanOut = new FanOutOptions { Mode = FanOutMode.Periodic, Period = 2 },
                        },
                        Method = r.Method with { SubsetSize = 1 },
                    }
            )
            {
                Used =
                {
                    ["fan_out"] = "\"periodic\"",
                    ["fan_out_period"] = "2",
                    ["subset_size"] = "1",
                },
                Seen = (plain, other) => Assert.Equal(("periodic:2", "rounds of 2 over 1"), (Asked(other), (string?)other.Manifest["fan_out"]!["evaluation"])),
            },
            new("training.micro_batch", (r, _) => r with { Training = r.Training with { MicroBatch = 2 } })
            {
                Used = { ["micro_batch"] = "2" },
                Seen = (plain, other) =>
                    Assert.Equal(
                        ("batch", "micro-batch 2"),
                        ((string?)plain.Manifest["fan_out"]!["evaluation"], (string?)other.Manifest["fan_out"]!["evaluation"])
                    ),
            },
        ];

    private static IEnumerable<OptionEffect> Samples() =>
        [
            new("samples.prompts", (r, _) => r with { Samples = r.Samples with { Prompts = ["<ball> alone", ""] } })
            {
                Used = { ["prompts"] = "[\"<ball> alone\",\"\"]" },
                Trains = false,
                Seen = (plain, other) =>
                {
                    WeightsAlike(plain, other);
                    Assert.Equal(["01-ball-alone-0.png", "02-picture-0.png"], other.Pictures.Keys);
                    Assert.NotEqual(other.Pictures.Values.First().Pixels, other.Pictures.Values.Last().Pixels);
                },
            },
            new("samples.per_prompt", (r, _) => r with { Samples = r.Samples with { PerPrompt = 3 } })
            {
                Used = { ["samples_per_prompt"] = "3" },
                Trains = false,
                Seen = (plain, other) =>
                {
                    WeightsAlike(plain, other);
                    Assert.Equal(3, other.Pictures.Values.Select(picture => Convert.ToHexString(picture.Pixels)).Distinct().Count());

                    // In a batch of several the last bits are others.
                    Assert.InRange(plain.Pictures.Values.Single().Pixels.Zip(other.Pictures.Values.First().Pixels, (a, b) => Math.Abs(a - b)).Max(), 0, 2);
                },
            },
            Drawn("samples.scheduler", "scheduler", "\"euler\"", r => r with { Samples = r.Samples with { Scheduler = "euler" } }),
            Drawn("samples.steps", "sampling_steps", "3", r => r with { Samples = r.Samples with { Steps = 3 } }),
            Drawn("samples.guidance_scale", "guidance_scale", "5", r => r with { Samples = r.Samples with { GuidanceScale = 5 } }),
            Drawn(
                "samples.personalization_guidance",
                "personalization_guidance",
                "3",
                r => r with { Samples = r.Samples with { PersonalizationGuidance = 3 } }
            ),
        ];

    private static OptionEffect Fusion(PrototypeFusion fusion, int image, int masked, int text) =>
        new("method.fusion", (r, _) => r with { Method = r.Method with { Fusion = fusion } })
        {
            Value = fusion.ToString(),
            Used =
            {
                ["prototype.fusion.image"] = $"{image}",
                ["prototype.fusion.masked_image"] = $"{masked}",
                ["prototype.fusion.class"] = $"{text}",
            },
            Seen = (plain, other) =>
            {
                Assert.NotEqual(plain.Losses[0].Global, other.Losses[0].Global);
                Assert.NotEqual((double)plain.Metrics["prototype_similarity"]!, (double)other.Metrics["prototype_similarity"]!);
            },
        };

    // Masks are the object loss's alone: the picture, the prototype and the other losses see none of it.
    private static OptionEffect OfMasks(string field, Func<MethodOptions, MethodOptions> change) =>
        new($"method.{field}", (r, _) => r with { Method = change(r.Method) })
        {
            Used = { [field] = "0.1" },
            Seen = (plain, other) =>
            {
                FirstStep(plain, other, global: true, classes: true);
                Assert.NotEqual(plain.Losses[0].Object, other.Losses[0].Object);
            },
        };

    private static OptionEffect Drawn(string field, string used, string value, Func<ImplantationRequest, ImplantationRequest> change) =>
        new(field, (r, _) => change(r))
        {
            Used = { [used] = value },
            Trains = false,
            Seen = (plain, other) =>
            {
                WeightsAlike(plain, other);
                PicturesDiffer(plain, other);
            },
        };

    private static string? Asked(OptionOutcome outcome) => (string?)outcome.Manifest["fan_out"]!["asked"];

    private static int PrototypeLosses(OptionOutcome outcome) => outcome.Metrics["prototypes"]!["<fox>"]!["losses"]!.AsArray().Count;

    private static double Size(float[] values) => Math.Sqrt(values.Sum(x => (double)x * x));

    // How far B went in the second step.
    private static double Moved(OptionOutcome outcome) => Size([.. outcome.Weights(2, 'B').Zip(outcome.Weights(1, 'B'), (after, before) => after - before)]);

    // Nothing has been trained before the first step's losses: those named are the plain run's, and unless all are, another one is not.
    private static void FirstStep(OptionOutcome plain, OptionOutcome other, bool global = false, bool masked = false, bool classes = false)
    {
        var (a, b) = (plain.Losses[0], other.Losses[0]);
        if (global)
        {
            Assert.Equal(a.Global, b.Global, 1e-5);
        }

        if (masked)
        {
            Assert.Equal(a.Object, b.Object, 1e-5);
        }

        if (classes)
        {
            Assert.Equal(a.Class, b.Class, 1e-5);
        }

        Assert.Equal(global && masked && classes, a == b);
    }

    private static void WeightsAlike(OptionOutcome plain, OptionOutcome other)
    {
        Assert.Equal(plain.Losses, other.Losses);
        Assert.Equal(plain.Weights(2, 'A'), other.Weights(2, 'A'));
        Assert.Equal(plain.Weights(2, 'B'), other.Weights(2, 'B'));
        Assert.Equal(plain.Embeddings, other.Embeddings);
    }

    private static void AllAlike(OptionOutcome plain, OptionOutcome other)
    {
        WeightsAlike(plain, other);
        Assert.Equal(plain.Pictures.Values.Single().Pixels, other.Pictures.Values.Single().Pixels);
    }

    private static void EmbeddingsDiffer(OptionOutcome plain, OptionOutcome other) =>
        Assert.All(plain.Embeddings, pair => Assert.NotEqual(pair.Value, other.Embeddings[pair.Key]));

    private static void PicturesDiffer(OptionOutcome plain, OptionOutcome other) =>
        Assert.NotEqual(plain.Pictures.Values.Single().Pixels, other.Pictures.Values.Single().Pixels);
}
