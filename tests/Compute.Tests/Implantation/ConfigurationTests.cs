using OrleansOneShot.Compute.FanOut;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Tests.Implantation;

/// <summary>A run that goes on, or helps another, with other configuration files than those that it began with would compute something else, though the weights are the same.</summary>
public sealed class ConfigurationTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-configuration-").FullName;

    private string Model => Path.Combine(_root, "model");

    private static ImplantationOptions Options => new()
    {
        Name = "cat",
        Seed = 3,
        Steps = 2,
        Resolution = 64,
        CheckpointEvery = 1,
        Precision = ComputePrecision.Fp32,
        Device = "cpu",
        UsePrototype = false,
        SamplesPerPrompt = 0,
        FanOut = FanOutMode.Local,
    };

    private static ImplantationInputs Inputs => new(
        File.ReadAllBytes(Path.Combine(Golden.Root, "samples", "cat.png")), [new ImplantationObject("cat", "<cat>", File.ReadAllBytes(Path.Combine(Golden.Root, "samples", "cat-mask.png")))]);

    [Theory]
    [InlineData("scheduler/scheduler_config.json", "\"beta_end\": 0.012", "\"beta_end\": 0.013")]
    [InlineData("vae/config.json", "\"scaling_factor\": 0.18215", "\"scaling_factor\": 0.18216")]
    [InlineData("clip/preprocessor_config.json", "0.48145466", "0.48145467")]
    public void Resume_AConfigurationHasChanged_IsRefusedWithoutAndWithWhatWasSettled(string file, string before, string after)
    {
        Copy();
        var first = new RecordingObserver(_root) { AfterStep = step => throw new InvalidOperationException($"killed at {step}") };
        RunSettlement? settled = null;
        var began = ModelFolder.Open(Model).ConfigurationHash();
        Assert.Throws<InvalidOperationException>(() => Execute(first with { AfterStep = first.AfterStep }, null, null));
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
