using System.Text.Json;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Lora;

public sealed class LoraGoldenTests
{
    [Theory]
    [InlineData("r4", "r4-kohya", LoraFileForm.Kohya)]
    [InlineData("r4", "r4-diffusers", LoraFileForm.Peft)]
    [InlineData("r4", "r4-old-lora", LoraFileForm.Diffusers)]
    [InlineData("r4", "r4-old-processor", LoraFileForm.Processor)]
    [InlineData("r8", "r8-kohya", LoraFileForm.Kohya)]
    [InlineData("r8", "r8-diffusers", LoraFileForm.Peft)]
    [InlineData("r8", "r8-diffusers-own", LoraFileForm.Diffusers)]
    public void UNet_WithTheLoraOfEachFileForm_GivesTheGoldenOutput(string golden, string folder, LoraFileForm form)
    {
        using var scope = NewDisposeScope();
        var expected = Golden.ReadTo(TestDevice.Device, "lora", golden + ".safetensors");
        using var unet = LoadUNet();
        using var loaded = LoraFile.Read(PathOf(folder), unet.AdaptableLayers);
        using var network = loaded.ToNetwork(TestDevice.Device);
        Assert.Equal(form, loaded.Form);
        Assert.Equal(Modules(golden), network.Adapters.Select(a => a.Module));
        using var guard = no_grad();
        Golden.AssertClose(Run(unet, expected), expected["out_base"], 1e-5, "out_base");
        network.Attach(unet.AdaptableLayers);
        Golden.AssertClose(Run(unet, expected), expected["out"], 1e-5, "out");
        network.Detach();
        using (network.MergeInto(unet.AdaptableLayers))
        {
            Golden.AssertClose(Run(unet, expected), expected["out"], 1e-5, "out, merged");
        }

        Golden.AssertClose(Run(unet, expected), expected["out_base"], 1e-5, "out_base again");
    }

    [Theory]
    [InlineData("r4", false)]
    [InlineData("r8", false)]
    [InlineData("r4", true)]
    public void Backward_MeanSquaredError_GivesEveryGoldenGradient(string golden, bool recomputes)
    {
        using var scope = NewDisposeScope();
        var expected = Golden.ReadTo(TestDevice.Device, "lora", golden + ".safetensors");
        using var unet = LoadUNet();
        using var network = LoraFile.ReadNetwork(PathOf(golden + "-kohya"), unet.AdaptableLayers, TestDevice.Device);
        network.Attach(unet.AdaptableLayers);
        unet.RecomputesActivations = recomputes;
        var loss = (Run(unet, expected) - expected["target"]).Square().mean();
        Golden.AssertClose(loss, expected["loss"], 1e-5, "loss");
        loss.backward();
        var worst = network.Parameters.Names.Max(n => Golden.RelativeDeviation(network.Parameters[n].grad!, expected["grad.unet." + n]));
        TestContext.Current.TestOutputHelper?.WriteLine($"gradients: {worst:E2} relative, the worst of {network.Parameters.Names.Count}");
        Assert.Equal(expected.Keys.Count(k => k.StartsWith("grad.", StringComparison.Ordinal)), network.Parameters.Names.Count);
        Assert.True(worst <= TestDevice.Tolerance(1e-4), $"A gradient deviates by {worst:E3} of its largest value.");
        foreach (var parameter in unet.parameters())
        {
            Assert.Null(parameter.grad);
        }
    }

    [Fact]
    public void RowAdapters_ThreeRowsOfTheUNet_EqualThreeSingleRuns()
    {
        using var scope = NewDisposeScope();
        var golden = Golden.ReadTo(TestDevice.Device, "lora", "r4.safetensors");

        // In float64: in float32 a whole UNet's rounding differs by 1e-6 between batch sizes, as much as is allowed here.
        using var unet = LoadUNet(ScalarType.Float64);
        using var first = LoraFile.ReadNetwork(PathOf("r4-kohya"), unet.AdaptableLayers, TestDevice.Device);
        using var second = LoraFile.ReadNetwork(PathOf("r8-kohya"), unet.AdaptableLayers, TestDevice.Device);
        using var generator = new Generator(5);
        using var third = LoraNetwork.Create(unet.AdaptableLayers, new LoraSettings(), generator, TestDevice.Device);
        LoraNetwork[] networks = [first, second, third];
        Tensor[] inputs =
        [
            cat([golden["sample"], golden["sample"][..1].neg()]),
            cat([golden["timestep"], golden["timestep"][..1]]),
            cat([golden["encoder_hidden_states"], golden["encoder_hidden_states"][..1].Mul(0.5)]),
        ];
        using var together = new RowAdapters(networks);
        together.Attach(unet.AdaptableLayers);
        together.Assign(0, 1, 2);
        var batch = unet.call(inputs[0], inputs[1], inputs[2]);
        batch[1].Square().mean().backward();
        together.Detach();
        Assert.Equal(0, first.Parameters.Gradients.abs().max().item<float>());
        Assert.Equal(0, third.Parameters.Gradients.abs().max().item<float>());
        Assert.True(second.Parameters.Gradients.abs().max().item<float>() > 0);
        for (var row = 0; row < networks.Length; row++)
        {
            networks[row].Attach(unet.AdaptableLayers);
            var single = unet.call(inputs[0].narrow(0, row, 1), inputs[1].narrow(0, row, 1), inputs[2].narrow(0, row, 1));
            Golden.AssertClose(batch.narrow(0, row, 1), single, 1e-10, $"row {row}");
            networks[row].Detach();
        }
    }

    [Fact]
    public void Create_OnTheRealUNet_HasTheListedModulesInItsOrder()
    {
        using var unet = new UNet2DConditionModel(UNetConfig.Read(Golden.PathOf("shapes", "sd15_unet.config.json")));
        var (listed, kohya) = Linears.StableDiffusion15();
        var attention = unet.AdaptableLayers.Where(layer => LoraTargetModules.Attention.Includes(layer.Key)).ToArray();
        Assert.Equal(listed.Keys, attention.Select(layer => layer.Key));
        foreach (var (name, linear) in attention)
        {
            Assert.Equal((listed[name].InFeatures, listed[name].OutFeatures), (linear.InFeatures, linear.OutFeatures));
            Assert.Equal(kohya[name] + ".alpha", LoraKey.ToKohya(name, LoraPart.Alpha));
        }

        using var generator = new Generator(0);
        using var network = LoraNetwork.Create(unet.AdaptableLayers, new LoraSettings(), generator);
        Assert.Equal(797_184, network.Parameters.Count);
    }

    [Theory]
    [InlineData("r4-kohya")]
    [InlineData("r8-diffusers-own")]
    public void Write_BothForms_KeepTheLoraOfTheFile(string folder)
    {
        using var scope = NewDisposeScope();
        var expected = Golden.ReadTo(TestDevice.Device, "lora", folder[..2] + ".safetensors");
        using var unet = LoadUNet();
        using var network = LoraFile.ReadNetwork(PathOf(folder), unet.AdaptableLayers, TestDevice.Device);
        var spec = new ModelSpec { Title = "x", Resolution = 64 };
        var target = Directory.CreateTempSubdirectory("oneshot-lora-");
        try
        {
            foreach (var write in new Action<string, LoraNetwork, ModelSpec>[] { LoraFile.WriteKohya, LoraFile.WritePeft })
            {
                var path = Path.Combine(target.FullName, "x.safetensors");
                write(path, network, spec);
                using var read = LoraFile.ReadNetwork(path, unet.AdaptableLayers, TestDevice.Device);
                read.Attach(unet.AdaptableLayers);
                Golden.AssertClose(Run(unet, expected), expected["out"], 1e-5, write.Method.Name);
                read.Detach();
            }
        }
        finally
        {
            target.Delete(recursive: true);
        }
    }

    private static UNet2DConditionModel LoadUNet(ScalarType type = ScalarType.Float32) =>
        ModelFolder.Open(Golden.PathOf("sd15-tiny")).LoadUNet(type, TestDevice.Device);

    private static string PathOf(string folder) => Golden.PathOf("lora", folder, "pytorch_lora_weights.safetensors");

    private static Tensor Run(UNet2DConditionModel unet, Dictionary<string, Tensor> golden) =>
        unet.call(golden["sample"], golden["timestep"], golden["encoder_hidden_states"]);

    private static string[] Modules(string golden)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Golden.PathOf("lora", "lora.json")));
        return [.. json.RootElement.GetProperty(golden).GetProperty("modules").EnumerateArray().Select(m => m.GetString()!)];
    }
}
