using System.CommandLine;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Tests.Options;

/// <summary>Every option of <c>implant</c> reaches its field of the request, and at both of its ends is what the silo accepts.</summary>
public sealed class ImplantPlanTests : IDisposable
{
    private static readonly (string Option, string[] Arguments, Func<ImplantationRequest, object?> Read, object? Expected, object? Default)[] s_table =
    [
        ("--class", ["--class", "teddy bear"], r => r.Objects[0].Class, "teddy bear", "cat"),
        ("--token", ["--token", "<my-cat>"], r => r.Objects[0].Token, "<my-cat>", "<cat>"),
        ("--prompt", ["--prompt", "a <cat>", "--prompt", ""], r => string.Join('|', r.Samples.Prompts), "a <cat>|", ""),
        ("--samples", ["--samples", "5"], r => r.Samples.PerPrompt, 5, 2),
        ("--model", ["--model", Repository.TinyModel], r => r.Model.Name.Split('-')[0], "sd15", "toyworld"),
        ("--clip", ["--clip", Path.Combine(Repository.Model, "clip")], r => r.Model.Clip?.Split('-')[0], "clip", null),
        ("--steps", ["--steps", "7"], r => r.Training.Steps, 7, null),
        ("--owner", ["--owner", "anna"], r => r.Owner, "anna", "local"),
        ("--priority", ["--priority", "-7"], r => r.Priority, -7, 0),
        (
            "--metadata",
            ["--metadata", "project=cats", "--metadata", "note=a=b"],
            r => string.Join('|', r.Metadata.Select(pair => $"{pair.Key}:{pair.Value}")),
            "note:a=b|project:cats",
            ""
        ),
        ("--seed", ["--seed", "9"], r => r.Seed, 9L, 0L),
        ("--lr", ["--lr", "0.25"], r => r.Training.LearningRate, 0.25, null),
        ("--lr-schedule", ["--lr-schedule", "cosine"], r => r.Training.Schedule, LearningRateSchedule.Cosine, null),
        ("--lr-schedule", ["--lr-schedule", "constant"], r => r.Training.Schedule, LearningRateSchedule.Constant, null),
        ("--token-lr", ["--token-lr", "0.25"], r => r.Training.TokenLearningRate, 0.25, null),
        ("--min-snr-gamma", ["--min-snr-gamma", "5"], r => r.Training.MinSnrGamma, 5.0, null),
        ("--augment", ["--augment", "flip"], r => r.Training.Augment, Augmentations.Flip, null),
        ("--augment", ["--augment", "crop,flip"], r => r.Training.Augment, Augmentations.Flip | Augmentations.Crop, null),
        ("--augment", ["--augment", "none"], r => r.Training.Augment, Augmentations.None, null),
        ("--rank", ["--rank", "6"], r => r.Training.Rank, 6, 4),
        ("--alpha", ["--alpha", "3.5"], r => r.Training.Alpha, 3.5, null),
        ("--targets", ["--targets", "cross"], r => r.Training.Targets, LoraTargets.Cross, LoraTargets.Attention),
        ("--targets", ["--targets", "attention,ff"], r => r.Training.MoreTargets, MoreLoraTargets.FeedForward, MoreLoraTargets.None),
        (
            "--targets",
            ["--targets", "cross,conv,time_emb_proj"],
            r => (r.Training.Targets, r.Training.MoreTargets),
            (LoraTargets.Cross, MoreLoraTargets.Convolutions | MoreLoraTargets.TimeProjections),
            (LoraTargets.Attention, MoreLoraTargets.None)
        ),
        (
            "--targets",
            ["--targets", "transformer"],
            r => r.Training.MoreTargets,
            MoreLoraTargets.FeedForward | MoreLoraTargets.ProjectionIn | MoreLoraTargets.ProjectionOut,
            MoreLoraTargets.None
        ),
        ("--dora", ["--dora"], r => r.Training.Dora, true, false),
        ("--vectors", ["--vectors", "3"], r => r.Method.Vectors, 3, null),
        ("-k", ["-k", "3"], r => r.Method.SubsetSize, 3, null),
        ("--mask-normalisation", ["--mask-normalisation", "area"], r => r.Method.MaskNormalisation, MaskNormalisation.Area, null),
        ("--object-view", ["--object-view", "own"], r => r.Method.ObjectView, ObjectView.Own, ObjectView.Shared),
        ("--prototype-distance", ["--prototype-distance", "0.1"], r => r.Method.PrototypeDistance, 0.1, null),
        ("--mask-dilate", ["--mask-dilate", "0.05"], r => r.Method.MaskDilate, 0.05, null),
        ("--mask-feather", ["--mask-feather", "0.05"], r => r.Method.MaskFeather, 0.05, null),
        ("--resolution", ["--resolution", "32"], r => r.Training.Resolution, 32, null),
        ("--fan-out", ["--fan-out", "periodic:7"], r => r.Training.FanOut, new FanOutOptions { Mode = FanOutMode.Periodic, Period = 7 }, new FanOutOptions()),
        ("--micro-batch", ["--micro-batch", "2"], r => r.Training.MicroBatch, 2, null),
        ("--precision", ["--precision", "bf16"], r => r.Training.Precision, Precision.Bf16, Precision.Auto),
        ("--precision", ["--precision", "fp32"], r => r.Training.Precision, Precision.Fp32, Precision.Auto),
        ("--device", ["--device", "cuda:3"], r => r.Training.Device, "cuda:3", "auto"),
        ("--device", ["--device", "cuda"], r => r.Training.Device, "cuda:0", "auto"),
        ("--scheduler", ["--scheduler", "euler"], r => r.Samples.Scheduler, "euler", "dpm++"),
        ("--sampling-steps", ["--sampling-steps", "9"], r => r.Samples.Steps, 9, null),
        ("--guidance", ["--guidance", "3"], r => r.Samples.GuidanceScale, 3.0, null),
        ("--personalization-guidance", ["--personalization-guidance", "1.5"], r => r.Samples.PersonalizationGuidance, 1.5, null),
        ("--weight-decay", ["--weight-decay", "0"], r => r.Training.WeightDecay, 0.0, 0.01),
        ("--checkpoint-every", ["--checkpoint-every", "3"], r => r.Training.CheckpointEvery, 3, 10),
        ("--preview-every", ["--preview-every", "7"], r => r.Training.PreviewEvery, 7, null),
        ("--preview-every", ["--preview-every", "off"], r => r.Training.PreviewEvery, 0, null),
        ("--fusion", ["--fusion", "masked_image"], r => r.Method.Fusion, PrototypeFusion.MaskedImage, PrototypeFusion.Average),
        ("--initialisation", ["--initialisation", "random"], r => r.Method.Initialisation, TokenInitialisation.Random, TokenInitialisation.Class),
        ("--alpha-cl", ["--alpha-cl", "0.5"], r => r.Method.ClassLossAlpha, 0.5, 1.0),
        ("--p-cl", ["--p-cl", "0.25"], r => r.Method.ClassLossProbability, 0.25, 1.0),
        ("--prototype-lr", ["--prototype-lr", "0.5"], r => r.Method.PrototypeLearningRate, 0.5, null),
        ("--prototype-steps", ["--prototype-steps", "0"], r => r.Method.PrototypeSteps, 0, null),
        ("--name", ["--name", "tom"], r => r.Name, "tom", "cat"),
        ("--no-prototype", ["--no-prototype"], r => r.Method.Prototype, false, true),
        ("--no-class-loss", ["--no-class-loss"], r => r.Method.ClassLoss, false, true),
        ("--no-object-loss", ["--no-object-loss"], r => r.Method.ObjectLoss, false, true),
    ];

    // Files, places and the form of the output are no part of the request.
    private static readonly string[] s_notOfTheRequest =
    [
        "--image",
        "--mask",
        "--mask-invert",
        "--mask-value",
        "--box",
        "--point",
        "--object",
        "--out",
        "--data",
        "--cluster",
        "--detach",
        "--dry-run",
        "--server",
        "--key-file",
        "--format",
    ];

    private static readonly (string Option, string[] Accepted, string[] Refused, string Sentence)[] s_ends =
    [
        ("--steps", ["1", "100000"], ["0", "100001", "1.5", ""], "--steps must be a whole number from 1 to 100000, but is '{0}'."),
        ("--rank", ["1", "256"], ["0", "257"], "--rank must be a whole number from 1 to 256, but is '{0}'."),
        (
            "--alpha",
            ["1e-300", "1000000"],
            ["0", "-1", "1000000.001", "nan", "Infinity"],
            "--alpha must be a number above 0 and at most 1000000, but is '{0}'."
        ),
        ("--lr", ["1e-300", "1"], ["0", "1.0000001", "nan"], "--lr must be a number above 0 and at most 1, but is '{0}'."),
        ("--seed", ["0", "9223372036854775807"], ["-1", "9223372036854775808"], "--seed must be a whole number from 0 to 9223372036854775807, but is '{0}'."),
        ("--vectors", ["1", "16"], ["0", "17"], "--vectors must be a whole number from 1 to 16, but is '{0}'."),
        ("-k", ["1", "32"], ["0", "33"], "-k must be a whole number from 1 to 32, but is '{0}'."),
        ("--micro-batch", ["1", "64"], ["0", "65"], "--micro-batch must be a whole number from 1 to 64, but is '{0}'."),
        ("--resolution", ["8", "4096"], ["7", "4097"], "--resolution must be a whole number from 8 to 4096, but is '{0}'."),
        ("--samples", ["0", "64"], ["-1", "65"], "--samples must be a whole number from 0 to 64, but is '{0}'."),
        (
            "--fan-out",
            ["auto", "local", "synchronous", "periodic:1", "periodic:10000"],
            ["Local", "periodic", "periodic:0", "periodic:10001", "periodic: 1"],
            "--fan-out must be auto, local, synchronous or periodic:N with N from 1 to 10000, but is '{0}'."
        ),
        (
            "--device",
            ["auto", "cpu", "cuda", "cuda:0", "cuda:255"],
            ["gpu", "cuda:", "cuda:256", "cuda:-1", "CPU"],
            "--device must be auto, cpu or cuda:N, but is '{0}'."
        ),
        ("--precision", ["auto", "fp32", "bf16"], ["fp16"], "--precision must be auto, fp32 or bf16, but is '{0}'."),
        (
            "--targets",
            ["attention", "cross", "all", "cross,ff,proj_in,proj_out,conv,time_emb_proj"],
            ["ff", "everything", "attention,", "attention,cross", "Cross"],
            "--targets must be attention, cross, transformer or all, and may add ff, proj_in, proj_out, conv and time_emb_proj after commas, as in "
                + "attention,ff, but is '{0}'."
        ),
        (
            "--augment",
            ["none", "flip", "crop", "flip,crop", "crop, flip"],
            ["", "Flip", "mirror", "flip,", "none,flip", "flip+crop", "3"],
            "--augment must be none, flip, crop or flip,crop, but is '{0}'."
        ),
        ("--lr-schedule", ["auto", "constant", "cosine"], ["linear"], "--lr-schedule must be auto, constant or cosine, but is '{0}'."),
        ("--mask-normalisation", ["auto", "mean", "area"], ["none"], "--mask-normalisation must be auto, mean or area, but is '{0}'."),
        ("--object-view", ["shared", "own"], ["all"], "--object-view must be shared or own, but is '{0}'."),
    ];

    private readonly TestFolder _folder = new();

    public static TheoryData<int, string> Rows => [.. s_table.Select((row, i) => (i, string.Join(' ', row.Arguments)))];

    public static TheoryData<int, string> EndRows => [.. s_ends.Select((row, i) => (i, row.Option))];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Rows))]
    public void Make_Option_ReachesItsField(int row, string text)
    {
        _ = text;
        var (_, arguments, read, expected, otherwise) = s_table[row];
        Assert.Equal(otherwise, read(Plan([])));
        Assert.Equal(expected, read(Plan(arguments)));
    }

    [Fact]
    public void Rows_EveryOption_IsThere()
    {
        var command = new Command("implant");
        new ImplantOptions().AddTo(command);
        // Those that are made of settings are gone through by SettingOptionTests.
        var settings = new[] { typeof(TrainingOptions), typeof(MethodOptions), typeof(SampleOptions) }
            .SelectMany(Setting.Of)
            .Select(setting => setting.Option?.Name);
        Assert.Equal([], command.Options.Select(option => option.Name).Except(s_notOfTheRequest).Except(settings).Except(s_table.Select(row => row.Option)));
    }

    [Theory]
    [MemberData(nameof(EndRows))]
    public void Parse_BothEnds_AreAcceptedAndBeyondIsRefused(int row, string option)
    {
        var (_, accepted, refused, sentence) = s_ends[row];
        Assert.All(accepted, value => Assert.Empty(Errors(option, value)));
        Assert.All(refused, value => Assert.Equal([string.Format(System.Globalization.CultureInfo.InvariantCulture, sentence, value)], Errors(option, value)));
    }

    [Theory]
    [MemberData(nameof(EndRows))]
    public void Make_LastAcceptedValue_IsAcceptedByTheSilo(int row, string option)
    {
        // These depend on the model: 16 vectors don't fit its context beside the words, nor does it take every side.
        string[] ofTheModel = ["--vectors", "--resolution"];
        Assert.All(
            s_ends[row].Accepted.Where(_ => !ofTheModel.Contains(option)),
            value =>
            {
                var request = Plan([option, value]);
                RequestValidator.Require(request with { Image = new string('a', 64), Objects = [request.Objects[0] with { Mask = new string('a', 64) }] });
            }
        );
    }

    private static IEnumerable<string> Errors(string option, string value)
    {
        var command = new Command("implant");
        new ImplantOptions().AddTo(command);
        return command.Parse(["--image", "x.png", option, value]).Errors.Select(error => error.Message);
    }

    private ImplantationRequest Plan(string[] arguments)
    {
        var options = new ImplantOptions();
        var command = new Command("implant");
        options.AddTo(command);
        string[] needed =
        [
            "--image",
            Repository.Sample("cat.png"),
            "--mask",
            Repository.Sample("cat-mask.png"),
            .. arguments.Contains("--class") ? Array.Empty<string>() : ["--class", "cat"],
        ];
        var parsed = command.Parse([.. needed, .. arguments]);
        Assert.Empty(parsed.Errors);
        return ImplantPlan.Make(options, parsed, new ModelCatalog(DataFolder.Resolve(_folder["data"]))).Request;
    }
}
