using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Schedulers;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Method;

/// <summary>The models and inputs behind tests/Goldens/method, loaded once.</summary>
public sealed class MethodGoldens : IDisposable
{
    private readonly UNet2DConditionModel _unet;
    private readonly ClipTextModel _textEncoder;
    private readonly ClipModel _clip;

    public MethodGoldens()
    {
        var folder = ModelFolder.Open(Golden.PathOf("sd15-tiny"));
        _unet = folder.LoadUNet(ScalarType.Float32, TestDevice.Device);
        _textEncoder = folder.LoadTextEncoder(ScalarType.Float32, TestDevice.Device);
        _clip = folder.LoadClip(ScalarType.Float32, TestDevice.Device);
        Tensors = Golden.ReadTo(TestDevice.Device, "method", "method.safetensors");
        Json = JsonNode.Parse(File.ReadAllText(Golden.PathOf("method", "method.json")))!;
        Schedule = new NoiseSchedule(SchedulerConfig.Load(folder.SchedulerFile));
        using var generator = new Generator(0);
        Lora = LoraNetwork.Create(_unet.AdaptableLayers, new LoraSettings(), generator, TestDevice.Device);
        Lora.Attach(_unet.AdaptableLayers);
    }

    /// <summary>method.safetensors.</summary>
    public Dictionary<string, Tensor> Tensors { get; }

    /// <summary>method.json.</summary>
    public JsonNode Json { get; }

    internal NoiseSchedule Schedule { get; }

    /// <summary>The adapter of the UNet.</summary>
    internal LoraNetwork Lora { get; }

    /// <summary>The vocabulary, (960, 32).</summary>
    public Tensor TokenEmbedding => _clip.TokenTable;

    /// <summary>The end token's id.</summary>
    public long EosId => (long)Json["eos_id"]!;

    internal NoisePredictor Predictor => (sample, timesteps, states) => _unet.call(sample, timesteps, states);

    internal TextConditioner Conditioner => (ids, vectors) => _textEncoder.call(ids, vectors);

    internal TextEmbedder Embedder => (ids, vectors) => _clip.TextFeatures(ids, vectors, EosId);

    /// <summary>A golden tensor.</summary>
    public Tensor this[string key] => Tensors[key];

    /// <summary>What the reference's training drew.</summary>
    /// <param name="step">Its step, from 0.</param>
    internal StepDraw DrawOf(int step)
    {
        var drawn = Json["train"]!["steps"]![step]!;
        var t = (long)drawn["timestep"]!;
        return new StepDraw(
            this["z"],
            this["train.eps"].narrow(0, step, 1),
            t,
            Schedule.AlphasCumprod[(int)t],
            [.. drawn["subset"]!.AsArray().Select(x => (int)x!)],
            (double)drawn["p"]!
        );
    }

    /// <summary>Sets the adapter to <c>lora.*</c>.</summary>
    /// <param name="zeroB">Whether B is zero instead.</param>
    internal void ResetLora(bool zeroB = false)
    {
        using var scope = NewDisposeScope();
        foreach (var name in Lora.Parameters.Names)
        {
            var value = Tensors[$"lora.unet.{name}"];
            Lora.Parameters.Assign(name, zeroB && name.EndsWith("lora_B.weight", StringComparison.Ordinal) ? zeros_like(value) : value);
        }

        Lora.Parameters.ZeroGradients();
    }

    /// <summary>Compares every LoRA gradient with <c>PREFIX.unet.*</c>: 1e-4 of the largest gradient of the tensor.</summary>
    internal void AssertLoraGradients(string prefix)
    {
        var worst = 0.0;
        foreach (var name in Lora.Parameters.Names)
        {
            var deviation = Golden.RelativeDeviation(Lora.Parameters[name].grad!, Tensors[$"{prefix}.unet.{name}"]);
            Assert.True(deviation <= TestDevice.Tolerance(1e-4), $"The gradient of {name} deviates by {deviation:E2} in {prefix}.");
            worst = Math.Max(worst, deviation);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{prefix}: largest LoRA gradient deviation {worst:E2} relative (tolerance 1E-04)");
    }

    internal static Parameter Vectors(Tensor start) => new(start.clone());

    public void Dispose()
    {
        Lora.Dispose();
        _unet.Dispose();
        _textEncoder.Dispose();
        _clip.Dispose();
        foreach (var tensor in Tensors.Values)
        {
            tensor.Dispose();
        }
    }
}
