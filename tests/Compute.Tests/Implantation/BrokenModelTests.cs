using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Tests.Models;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Implantation;

/// <summary>Models with values that are no numbers, and whatever else goes wrong once training is done.</summary>
public sealed class BrokenModelTests : IDisposable
{
    private readonly string _model = TinyModel.Copy();
    private readonly DirectoryInfo _out = Directory.CreateTempSubdirectory("oneshot-broken-");
    private RecordingObserver _observer = null!;

    private static ImplantationOptions Options =>
        new()
        {
            Name = "cat",
            Seed = 3,
            Steps = 2,
            LearningRate = 1e-3,
            Resolution = 64,
            CheckpointEvery = 2,
            Precision = Precision.Fp32,
            Device = "cpu",
            Prototype = new PrototypeOptions { Steps = 2 },
            Prompts = ["a photo of <cat>", "a <cat> in the snow"],
            SamplesPerPrompt = 1,
            SamplingSteps = 2,
        };

    public void Dispose()
    {
        Directory.Delete(_model, recursive: true);
        _out.Delete(recursive: true);
    }

    [Theory]
    [InlineData("unet/diffusion_pytorch_model.safetensors", "conv_in.bias", float.NaN)]
    [InlineData("unet/diffusion_pytorch_model.safetensors", "mid_block.resnets.0.conv1.weight", float.PositiveInfinity)]
    [InlineData("vae/diffusion_pytorch_model.safetensors", "encoder.conv_in.bias", float.NaN)]
    [InlineData("text_encoder/model.safetensors", "text_model.encoder.layers.0.mlp.fc1.bias", float.NaN)]
    [InlineData("clip/model.safetensors", "vision_model.encoder.layers.0.mlp.fc1.bias", float.NaN)]
    [InlineData("clip/model.safetensors", "text_model.encoder.layers.0.mlp.fc1.bias", float.NaN)]
    public void Execute_WeightThatIsNoNumber_IsTheModelsFaultByFileAndTensor(string file, string tensor, float value)
    {
        Break(file, tensor, value);

        var error = Assert.Throws<InvalidInputException>(() => Run(Options));

        Assert.Contains($"in {file}, {tensor} holds values that are no numbers", error.Message, StringComparison.Ordinal);
        Assert.Equal(file, error.Field);
        Assert.DoesNotContain("lr", error.Hint, StringComparison.Ordinal);
        Assert.DoesNotContain(_observer.Losses, losses => !double.IsFinite(losses.Total));
    }

    [Fact]
    public void Execute_TrainingThatDiverges_IsNotTheModelsFault()
    {
        var error = Assert.Throws<ArithmeticException>(() => Run(Options with { LearningRate = 1e30, Steps = 20 }));
        Assert.Contains("The loss of step", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_SamplesThatCantBeDrawn_KeepsTheWeightsAndSaysWhy()
    {
        // Training does not decode.
        Break("vae/diffusion_pytorch_model.safetensors", "decoder.conv_in.bias", float.NaN);

        var outcome = Run(Options);

        Assert.Equal(
            [
                "README.md",
                "cat.safetensors",
                "curves.png",
                "learned_embeds/oneshot-cat.safetensors",
                "metrics.json",
                "pytorch_lora_weights.safetensors",
                "report.html",
            ],
            Files()
        );
        Assert.DoesNotContain("modelspec.thumbnail", SafetensorsHeader.Read(Path.Combine(_out.FullName, "cat.safetensors")).Metadata.Keys);
        Assert.Contains("decoder.conv_in.bias", File.ReadAllText(Path.Combine(_out.FullName, "report.html")), StringComparison.Ordinal);
        Assert.Contains("decoder.conv_in.bias", File.ReadAllText(Path.Combine(_out.FullName, "README.md")), StringComparison.Ordinal);
        var warning = Assert.Single(_observer.Warnings, w => w.StartsWith("The samples could not be drawn", StringComparison.Ordinal));
        Assert.Contains("decoder.conv_in.bias", warning, StringComparison.Ordinal);
        Assert.Contains("oneshot generate --implantation 7", warning, StringComparison.Ordinal);
        Assert.Null(outcome.Metrics.Ia);
        Assert.NotNull(outcome.Metrics.PrototypeSimilarity);
    }

    [Fact]
    public void Execute_FolderOfTheSamplesIsInTheWay_KeepsTheWeightsUnlessTheMachineIsToBlame()
    {
        File.WriteAllText(Path.Combine(_out.FullName, "samples"), "a file in its place");

        Assert.ThrowsAny<IOException>(() => Run(Options));
        Run(Options, endsRun: _ => false);

        Assert.Contains("cat.safetensors", Files());
        Assert.Contains("metrics.json", Files());
        Assert.Contains(_observer.Warnings, w => w.StartsWith("The samples could not be written", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("README.md", "README.md could not be written", "report.html")]
    [InlineData("report.html", "The report could not be written", "README.md")]
    public void Execute_DocumentThatCantBeWritten_IsAWarning(string name, string expected, string other)
    {
        Directory.CreateDirectory(Path.Combine(_out.FullName, name));

        Run(Options, endsRun: _ => false);

        Assert.StartsWith(expected, Assert.Single(_observer.Warnings), StringComparison.Ordinal);
        Assert.Contains(other, Files());
        Assert.Contains("cat.safetensors", Files());
    }

    [Fact]
    public void Execute_StoppedWhileItDraws_IsStoppedAllTheSame()
    {
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => Run(Options, stop: stop, onSampling: stop.Cancel));
        Assert.DoesNotContain(_observer.Warnings, w => w.Contains("could not be", StringComparison.Ordinal));
    }

    [Fact]
    public void Execute_SchedulerThatIsNotBuilt_IsRefusedBeforeAnythingIsLoaded()
    {
        File.WriteAllText(Path.Combine(_model, "scheduler", "scheduler_config.json"), """{"_class_name":"PNDMScheduler","prediction_type":"sample"}""");
        File.WriteAllBytes(Path.Combine(_model, "unet", "diffusion_pytorch_model.safetensors"), [1]);

        var error = Assert.Throws<InvalidInputException>(() => Run(Options));

        Assert.Contains("prediction_type is \"sample\"", error.Message, StringComparison.Ordinal);
        Assert.Empty(_observer.Messages);
    }

    [Theory]
    [InlineData("\"_class_name\":\"UniPCMultistepScheduler\",\"solver_type\":\"bh2\"")]
    [InlineData("\"_class_name\":\"DEISMultistepScheduler\",\"solver_type\":\"logrho\",\"algorithm_type\":\"deis\"")]
    [InlineData("\"_class_name\":\"DPMSolverMultistepScheduler\",\"algorithm_type\":\"sde-dpmsolver++\",\"use_karras_sigmas\":true")]
    [InlineData("\"_class_name\":\"DDIMScheduler\",\"rescale_betas_zero_snr\":true,\"prediction_type\":\"v_prediction\",\"timestep_spacing\":\"trailing\"")]
    public void Execute_SchedulerOfAnotherClass_TrainsAndDrawsTheSameEachTime(string settings)
    {
        File.WriteAllText(
            Path.Combine(_model, "scheduler", "scheduler_config.json"),
            $"{{{settings},\"beta_start\":0.00085,\"beta_end\":0.012,\"beta_schedule\":\"scaled_linear\",\"num_train_timesteps\":1000.0}}"
        );

        Run(Options);
        var first = Samples();
        Run(Options);

        Assert.Empty(_observer.Warnings);
        Assert.Equal(2, first.Count);
        Assert.Equal(first, Samples());
    }

    private List<string> Samples() =>
        [
            .. Directory
                .EnumerateFiles(Path.Combine(_out.FullName, "samples"))
                .Order(StringComparer.Ordinal)
                .Select(file => Convert.ToHexString(File.ReadAllBytes(file))),
        ];

    private List<string> Files() =>
        [
            .. Directory
                .EnumerateFiles(_out.FullName, "*", SearchOption.AllDirectories)
                .Select(file => Path.GetRelativePath(_out.FullName, file).Replace('\\', '/'))
                .Where(file => !file.StartsWith("checkpoint", StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];

    private ImplantationOutcome Run(
        ImplantationOptions options,
        Func<Exception, bool>? endsRun = null,
        CancellationTokenSource? stop = null,
        Action? onSampling = null
    )
    {
        _observer = new RecordingObserver(_out.FullName)
        {
            OnStage = stage =>
            {
                if (stage == ImplantationStage.Sampling)
                {
                    onSampling?.Invoke();
                }
            },
        };
        var inputs = new ImplantationInputs(
            File.ReadAllBytes(Repository.Sample("cat.png")),
            [new ImplantationObject("cat", "<cat>", File.ReadAllBytes(Repository.Sample("cat-mask.png")))]
        );
        var run = new ImplantationRun(ModelFolder.Open(_model), inputs, options, _observer) { DrawCommand = "oneshot generate --implantation 7" };
        run = endsRun is null ? run : new ImplantationRun(ModelFolder.Open(_model), inputs, options, _observer) { EndsRun = endsRun };
        return run.Execute(_out.FullName, null, stop?.Token ?? CancellationToken.None);
    }

    private void Break(string file, string key, float value)
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(_model, file);
        var tensors = SafetensorsFile.ReadAll(path);
        tensors[key].view(-1)[1] = tensor(value);
        SafetensorsWriter.Write(path, tensors, new Dictionary<string, string> { ["format"] = "pt" });
        foreach (var one in tensors.Values)
        {
            one.Dispose();
        }
    }
}
