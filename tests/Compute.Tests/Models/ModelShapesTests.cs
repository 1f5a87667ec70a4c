using System.Text.Json;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Recipe;
using static TorchSharp.torch.nn;

namespace OrleansOneShot.Compute.Tests.Models;

/// <summary>The real models, built at full size on the meta device, against the names and shapes of their checkpoints.</summary>
public sealed class ModelShapesTests
{
    private static string ConfigOf(string model) => Golden.PathOf("shapes", $"{model}.config.json");

    private static string[] GoldenLines(string name) => File.ReadAllLines(Golden.PathOf("shapes", $"{name}.txt"));

    private static Module Build(string model) =>
        model switch
        {
            "sd15_unet" or "sd21_unet" => new UNet2DConditionModel(UNetConfig.Read(ConfigOf(model))),
            "sd15_vae" => new AutoencoderKL(VaeConfig.Read(ConfigOf(model))),
            "sd15_text_encoder" => new ClipTextModel(ClipTextConfig.Read(ConfigOf(model))),
            "clip_vit_l14" => new ClipModel(ClipConfig.Read(ConfigOf(model))),
            _ => throw new ArgumentOutOfRangeException(nameof(model), model, "No such model."),
        };

    [Theory]
    [InlineData("sd15_unet")]
    [InlineData("sd21_unet")]
    [InlineData("sd15_vae")]
    [InlineData("sd15_text_encoder")]
    [InlineData("clip_vit_l14")]
    public void Parameters_FullSize_HaveTheCheckpointsNamesAndShapesInOrder(string model)
    {
        using var module = Build(model);
        var slots = ModuleWeights.SlotsOf(module).ToList();

        Assert.Equal(GoldenLines(model), slots.Select(s => $"{s.Key}: {s.ShapeText}"));
        using var totals = JsonDocument.Parse(File.ReadAllText(Golden.PathOf("shapes", "totals.json")));
        Assert.Equal(totals.RootElement.GetProperty(model).GetProperty("parameters").GetInt64(), slots.Sum(s => s.Shape.Aggregate(1L, (a, b) => a * b)));
    }

    [Fact]
    public void AdaptableLayers_StableDiffusion15_AreItsLoraModulesInOrder()
    {
        using var unet = new UNet2DConditionModel(UNetConfig.Read(ConfigOf("sd15_unet")));
        Assert.Equal(
            GoldenLines("sd15_lora_modules").Select(l => (l.Split(' ')[0], l[l.IndexOf("in=", StringComparison.Ordinal)..])),
            unet.AdaptableLayers.Where(m => LoraTargetModules.Attention.Includes(m.Key))
                .Select(m => (m.Key, $"in={m.Value.InFeatures} out={m.Value.OutFeatures}"))
        );
    }

    [Fact]
    public void VaeKeyRules_OldAttentionNames_GiveTodaysNames()
    {
        var renamed = GoldenLines("sd15_vae_old_names").Select(l => $"{KeyRules.Vae.Rename(l.Split(':')[0])}:{l.Split(':')[1]}");
        Assert.Equal(GoldenLines("sd15_vae"), renamed);
    }
}
