using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Tests.Requests;

public sealed class RequestValidatorTests
{
    private static readonly ImplantationRequest s_good = new()
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

    public static TheoryData<string, string, Func<ImplantationRequest, ImplantationRequest>> Bad =>
        new()
        {
            { "name", "name is '../x'; use 1 to 64 letters, digits, '-', '_' or '.', and begin with a letter or a digit.", r => r with { Name = "../x" } },
            { "owner", "owner is empty; it needs 1 to 200 characters.", r => r with { Owner = " " } },
            { "priority", "priority is 101; it must be from -100 to 100.", r => r with { Priority = 101 } },
            { "seed", "seed is -1; it must be from 0 to 9223372036854775807.", r => r with { Seed = -1 } },
            { "image", "image is 'cat.png'; it must be the SHA-256 of an uploaded file, 64 lower-case hexadecimal digits.", r => r with { Image = "cat.png" } },
            {
                "model.name",
                "model.name is '/etc'; it must be the name of a base model, not a path.",
                r => r with { Model = new ModelReference { Name = "/etc" } }
            },
            { "objects", "objects is empty; name at least one object with its mask, class and token.", r => r with { Objects = [] } },
            { "objects", "objects is empty; name at least one object with its mask, class and token.", r => r with { Objects = default } },
            { "objects[0].class", "objects[0].class is empty; it needs 1 to 64 characters.", r => r with { Objects = [r.Objects[0] with { Class = "" }] } },
            {
                "objects[0].token",
                "objects[0].token is '<a b>'; use 1 to 64 letters, digits, '-', '_' or '.', in angle brackets or without, such as <cat>.",
                r => r with { Objects = [r.Objects[0] with { Token = "<a b>" }] }
            },
            {
                "objects[1].token",
                "objects[1].token CAT is used by another object already; each needs its own.",
                r => r with { Objects = [r.Objects[0], r.Objects[0] with { Token = "CAT" }] }
            },
            { "objects[1]", "objects[1] is missing; leave it out for the defaults, or give a value.", r => r with { Objects = [r.Objects[0], null!] } },
            { "method", "method is missing; leave it out for the defaults, or give a value.", r => r with { Method = null! } },
            { "training", "training is missing; leave it out for the defaults, or give a value.", r => r with { Training = null! } },
            {
                "training.fan_out",
                "training.fan_out is missing; leave it out for the defaults, or give a value.",
                r => r with { Training = r.Training with { FanOut = null! } }
            },
            { "samples", "samples is missing; leave it out for the defaults, or give a value.", r => r with { Samples = null! } },
            { "model.name", "model.name is ''; it must be the name of a base model, not a path.", r => r with { Model = null! } },
            { "method.vectors", "method.vectors is 17; it must be from 1 to 16.", r => r with { Method = r.Method with { Vectors = 17 } } },
            {
                "method.class_loss_alpha",
                "method.class_loss_alpha is NaN; it must be from 0 to 10.",
                r => r with { Method = r.Method with { ClassLossAlpha = double.NaN } }
            },
            {
                "method.fusion",
                "method.fusion is 9; use one of average, image, maskedimage, class.",
                r => r with { Method = r.Method with { Fusion = (PrototypeFusion)9 } }
            },
            { "training.steps", "training.steps is 0; it must be from 1 to 100000.", r => r with { Training = r.Training with { Steps = 0 } } },
            { "training.rank", "training.rank is -1; it must be from 1 to 256.", r => r with { Training = r.Training with { Rank = -1 } } },
            {
                "training.learning_rate",
                "training.learning_rate is NaN; it must be above 0 and at most 1.",
                r => r with { Training = r.Training with { LearningRate = double.NaN } }
            },
            {
                "training.learning_rate",
                "training.learning_rate is 0; it must be above 0 and at most 1.",
                r => r with { Training = r.Training with { LearningRate = 0 } }
            },
            { "training.device", "training.device is 'tpu'; use auto, cpu or cuda:N.", r => r with { Training = r.Training with { Device = "tpu" } } },
            {
                "training.checkpoint_every",
                "training.checkpoint_every is 0; it must be from 1 to 2147483647.",
                r => r with { Training = r.Training with { CheckpointEvery = 0 } }
            },
            {
                "samples.scheduler",
                "samples.scheduler is 'ddpm'; use one of dpm++, ddim, euler, pndm.",
                r => r with { Samples = r.Samples with { Scheduler = "ddpm" } }
            },
            {
                "samples.guidance_scale",
                "samples.guidance_scale is 0.5; it must be from 1 to 100.",
                r => r with { Samples = r.Samples with { GuidanceScale = 0.5 } }
            },
            { "samples.per_prompt", "samples.per_prompt is 65; it must be from 0 to 64.", r => r with { Samples = r.Samples with { PerPrompt = 65 } } },
        };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Require_OutOfRange_NamesFieldValueAndRange(string field, string message, Func<ImplantationRequest, ImplantationRequest> spoil)
    {
        var error = Assert.Throws<OneShotException>(() => RequestValidator.Require(spoil(s_good)));
        Assert.Equal(new ErrorDetail(ErrorCodes.InvalidInput, message, field), error.Detail);
    }

    [Fact]
    public void Require_Defaults_AreAccepted() => RequestValidator.Require(s_good);

    [Fact]
    public void Require_EmptyPromptAndBareToken_AreAccepted() =>
        RequestValidator.Require(
            s_good with
            {
                Samples = new SampleOptions { Prompts = [""] },
                Objects = [s_good.Objects[0] with { Token = "sks" }],
            }
        );

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("..")]
    [InlineData("a b")]
    public void RequireId_BadId_IsRefused(string id) => Assert.Equal("id", Assert.Throws<OneShotException>(() => RequestValidator.RequireId(id)).Detail.Field);
}
