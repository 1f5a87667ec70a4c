using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Safetensors;

namespace OrleansOneShot.Compute.Tests.Lora;

/// <summary>A DoRA's files, in the forms of peft and of kohya.</summary>
public sealed class DoraFileTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-dora-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Write_BothLayouts_GiveTheChangeOfTheTraining()
    {
        using var unet = DoraNetworks.UNet();
        using var network = DoraNetworks.Random(unet.AdaptableLayers, rank: 2, alpha: 2, spread: 0.05);
        var spec = new ModelSpec { Title = "x", Resolution = 64 };
        foreach (var write in new Action<string, LoraNetwork, ModelSpec>[] { LoraFile.WriteKohya, LoraFile.WritePeft })
        {
            var path = Path.Combine(_folder.FullName, "x.safetensors");
            write(path, network, spec);
            using var loaded = LoraFile.Read(path, unet.AdaptableLayers);
            Assert.Empty(loaded.Warnings);
            Assert.Equal(network.Adapters.Select(adapter => adapter.Module), loaded.UNet.Select(change => change.Module));
            foreach (var (adapter, change) in network.Adapters.Zip(loaded.UNet))
            {
                var layer = unet.AdaptableLayers[adapter.Module];
                foreach (var scale in new[] { 1, 0.5 })
                {
                    Assert.Equal(0, Golden.Deviation(adapter.WeightChange(layer, scale), change.WeightChange(layer, scale)!));
                }
            }

            var error = Assert.Throws<InvalidInputException>(() => loaded.ToNetwork());
            Assert.Contains("another form than a plain LoRA", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Write_BothLayouts_NameLengthsAsTheirToolsDo()
    {
        using var unet = DoraNetworks.UNet();
        using var network = DoraNetworks.Random(unet.AdaptableLayers, rank: 2, alpha: 1);
        var (kohya, peft) = (Path.Combine(_folder.FullName, "kohya.safetensors"), Path.Combine(_folder.FullName, "peft.safetensors"));
        var spec = new ModelSpec { Title = "x", Resolution = 64 };
        LoraFile.WriteKohya(kohya, network, spec);
        LoraFile.WritePeft(peft, network, spec);

        var (ofKohya, ofPeft) = (SafetensorsHeader.Read(kohya), SafetensorsHeader.Read(peft));
        Assert.Equal((network.Adapters.Count * 4, network.Adapters.Count * 3), (ofKohya.Tensors.Count, ofPeft.Tensors.Count));
        const string Linear = "mid_block.attentions.0.transformer_blocks.0.attn1.to_q";
        const string Convolution = "mid_block.resnets.0.conv1";
        long Outputs(string module) => unet.AdaptableLayers[module].OutFeatures;
        Assert.Equal([Outputs(Linear), 1], ofKohya.Tensors["lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_q.dora_scale"].Shape);
        Assert.Equal([Outputs(Convolution), 1, 1, 1], ofKohya.Tensors["lora_unet_mid_block_resnets_0_conv1.dora_scale"].Shape);
        Assert.Equal([Outputs(Linear)], ofPeft.Tensors[$"unet.{Linear}.lora_magnitude_vector"].Shape);
        Assert.Equal([1, Outputs(Convolution), 1, 1], ofPeft.Tensors[$"unet.{Convolution}.lora_magnitude_vector"].Shape);
        Assert.Contains("dora_wd", ofKohya.Metadata["ss_network_args"], StringComparison.Ordinal);

        var settings = PeftMetadata.Read(ofPeft.Metadata["lora_adapter_metadata"], "x");
        Assert.True(settings.UsesDora);
        Assert.Equal(2, settings.AlphaOf(LoraSide.UNet, Linear, 2)); // the scale is in B
    }
}
