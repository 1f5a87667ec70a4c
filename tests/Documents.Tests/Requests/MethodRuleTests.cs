using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Tests.Requests;

/// <summary>An option that a method doesn't have is refused by name, before anything is stored.</summary>
public sealed class MethodRuleTests
{
    private static readonly TrainingOptions s_plain = new();

    public static TheoryData<string, MethodOptions, TrainingOptions> Refused =>
        new()
        {
            { "method.vectors is an option that plain LoRA doesn't have; leave it out.", Of(TrainingMethod.Lora) with { Vectors = 4 }, s_plain },
            {
                "method.initialisation is an option that DreamBooth doesn't have; leave it out.",
                Of(TrainingMethod.Dreambooth) with
                {
                    Initialisation = TokenInitialisation.Random,
                },
                s_plain
            },
            {
                "method.prototype_steps is an option that Textual Inversion doesn't have; leave it out.",
                Of(TrainingMethod.TextualInversion) with
                {
                    PrototypeSteps = 1,
                },
                s_plain
            },
            { "method.subset_size is an option that plain LoRA doesn't have; leave it out.", Of(TrainingMethod.Lora) with { SubsetSize = 1 }, s_plain },
            {
                "method.class_pictures is an option that the prototypical method doesn't have; leave it out.",
                Of(TrainingMethod.Ours) with
                {
                    ClassPictures = 3,
                },
                s_plain
            },
            { "method.prior_weight is an option that plain LoRA doesn't have; leave it out.", Of(TrainingMethod.Lora) with { PriorWeight = 1 }, s_plain },
            { "method.mask_dilate is an option that plain LoRA doesn't have; leave it out.", Of(TrainingMethod.Lora) with { MaskDilate = 0.1 }, s_plain },
            {
                "method.mask_feather is an option that DreamBooth doesn't have; leave it out.",
                Of(TrainingMethod.Dreambooth) with
                {
                    MaskFeather = 0.1,
                },
                s_plain
            },
            {
                "training.token_learning_rate is an option that Textual Inversion doesn't have; leave it out.",
                Of(TrainingMethod.TextualInversion),
                s_plain with
                {
                    TokenLearningRate = 0.1,
                }
            },
            {
                "training.augment is an option that Textual Inversion doesn't have; leave it out.",
                Of(TrainingMethod.TextualInversion),
                s_plain with
                {
                    Augment = Augmentations.Flip,
                }
            },
            {
                "method.prototype_distance is an option that Textual Inversion doesn't have; leave it out.",
                Of(TrainingMethod.TextualInversion) with
                {
                    PrototypeDistance = 0.1,
                },
                s_plain
            },
            {
                "method.prototype_distance is 0.1, but random vectors start far from the class name's; leave one of the two out.",
                Of(TrainingMethod.Ours) with
                {
                    PrototypeDistance = 0.1,
                    Initialisation = TokenInitialisation.Random,
                },
                s_plain
            },
            { "training.rank is an option that Textual Inversion doesn't have; leave it out.", Of(TrainingMethod.TextualInversion), s_plain with { Rank = 8 } },
            { "training.alpha is an option that DreamBooth doesn't have; leave it out.", Of(TrainingMethod.Dreambooth), s_plain with { Alpha = 8 } },
            { "training.dora is an option that DreamBooth doesn't have; leave it out.", Of(TrainingMethod.Dreambooth), s_plain with { Dora = true } },
            {
                "training.dora is an option that Textual Inversion doesn't have; leave it out.",
                Of(TrainingMethod.TextualInversion),
                s_plain with
                {
                    Dora = true,
                }
            },
            {
                "training.fan_out.mode is synchronous, but a step of plain LoRA has nothing to spread over silos; use auto or local.",
                Of(TrainingMethod.Lora),
                s_plain with
                {
                    FanOut = new FanOutOptions { Mode = FanOutMode.Synchronous },
                }
            },
            {
                "training.precision is bf16, but DreamBooth trains the weights themselves, which are fp32; use auto or fp32.",
                Of(TrainingMethod.Dreambooth),
                s_plain with
                {
                    Precision = Precision.Bf16,
                }
            },
        };

    public static TheoryData<MethodOptions, TrainingOptions> Taken =>
        new()
        {
            {
                Of(TrainingMethod.Ours) with
                {
                    Vectors = 2,
                    SubsetSize = 1,
                },
                s_plain with
                {
                    Rank = 8,
                    FanOut = new FanOutOptions { Mode = FanOutMode.Synchronous },
                }
            },
            // What holds anyway may be said.
            {
                Of(TrainingMethod.Lora) with
                {
                    Prototype = false,
                    ClassLoss = false,
                    ObjectLoss = false,
                },
                s_plain with
                {
                    Rank = 8,
                    Precision = Precision.Bf16,
                }
            },
            { Of(TrainingMethod.TextualInversion) with { Vectors = 2, Initialisation = TokenInitialisation.Random }, s_plain },
            {
                Of(TrainingMethod.Dreambooth) with
                {
                    ClassPictures = 0,
                    PriorWeight = 2,
                },
                s_plain with
                {
                    Precision = Precision.Fp32,
                    FanOut = new FanOutOptions { Mode = FanOutMode.Local },
                }
            },
        };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Find_OptionOfAnotherMethod_IsRefusedByName(string message, MethodOptions method, TrainingOptions training) =>
        Assert.Equal(message, Assert.Single(RequestValidator.Find(Request(method, training))).Message);

    [Theory]
    [MemberData(nameof(Taken))]
    public void Find_OptionsThatGoTogether_AreTaken(MethodOptions method, TrainingOptions training) =>
        Assert.Empty(RequestValidator.Find(Request(method, training)));

    [Fact]
    public void Resolve_EveryMethod_HasItsOwnDefaultsAndTheModels()
    {
        var model = new ModelDefaults
        {
            Steps = 7,
            LearningRate = 0.5,
            Vectors = 3,
            LearningRateSchedule = "cosine",
            Methods = new Dictionary<string, MethodDefaults>
            {
                ["dreambooth"] = new() { Steps = 9, ClassPictures = 5 },
            },
        };
        ImplantationOptions Resolve(TrainingMethod method) => ImplantationOptions.Resolve("x", 0, Of(method), s_plain, new SampleOptions(), model);

        var (ours, lora, inversion, dreambooth) = (
            Resolve(TrainingMethod.Ours),
            Resolve(TrainingMethod.Lora),
            Resolve(TrainingMethod.TextualInversion),
            Resolve(TrainingMethod.Dreambooth)
        );
        Assert.Equal((7, 0.5, 3, LearningRateSchedule.Cosine, 0), (ours.Steps, ours.LearningRate, ours.Vectors, ours.Schedule, ours.ClassPictures));
        Assert.Equal((500, 1e-4, LearningRateSchedule.Constant, false), (lora.Steps, lora.LearningRate, lora.Schedule, lora.UsePrototype));
        Assert.Equal((3000, 5e-4, 1, false), (inversion.Steps, inversion.LearningRate, inversion.Vectors, inversion.Objective.ClassLoss));
        Assert.Equal(
            (9, 5e-6, 5, 1.0, Precision.Fp32),
            (dreambooth.Steps, dreambooth.LearningRate, dreambooth.ClassPictures, dreambooth.PriorWeight, dreambooth.Precision)
        );
    }

    private static MethodOptions Of(TrainingMethod method) => new() { Name = method };

    private static ImplantationRequest Request(MethodOptions method, TrainingOptions training) =>
        new()
        {
            Name = "cat",
            Image = new string('a', 64),
            Objects =
            [
                new ObjectSpec
                {
                    Class = "cat",
                    Token = "<cat>",
                    Mask = new string('b', 64),
                },
            ],
            Model = new ModelReference { Name = "toyworld-64" },
            Method = method,
            Training = training,
        };
}
