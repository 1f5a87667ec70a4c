using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Clip;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Safetensors;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Lora;

/// <summary>Whatever tools call a layer, it is found, and the same values change it alike.</summary>
public sealed class LoraNameTests(LoraNameTests.Model model) : IClassFixture<LoraNameTests.Model>
{
    private const string Query = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
    private const string Output = "up_blocks.1.attentions.1.transformer_blocks.0.attn2.to_out.0";
    private const string Text = "text_model.encoder.layers.1.self_attn.q_proj";

    [Theory]
    [InlineData(Query, "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight")]
    [InlineData(Query, "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.default.weight")]
    [InlineData(Query, "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.my-cat_2.weight")]
    [InlineData(Query, "base_model.model.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight")]
    [InlineData(Query, "base_model.model.unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight")]
    [InlineData(Query, "unet.base_model.model.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight")]
    [InlineData(Query, "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight")]
    [InlineData(Query, "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora.down.weight")]
    [InlineData(Query, "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_linear_layer.down.weight")]
    [InlineData(Query, "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_down.weight")]
    [InlineData(Query, "down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.down.weight")]
    [InlineData(Query, "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight")]
    [InlineData(Query, "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_A.weight")]
    [InlineData(Query, "lycoris_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q.lora_down.weight")]
    [InlineData(Query, "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q.lora_down.weight")]
    [InlineData(Query, "diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_q.lora_down.weight")]
    [InlineData(Query, "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_q.lora_A.weight")]
    [InlineData(Output, "unet.up_blocks.1.attentions.1.transformer_blocks.0.attn2.processor.to_out_lora.down.weight")]
    [InlineData(Output, "unet.up_blocks.1.attentions.1.transformer_blocks.0.attn2.to_out.0.lora_A.weight")]
    [InlineData(Output, "lora_unet_up_blocks_1_attentions_1_transformer_blocks_0_attn2_to_out_0.lora_down.weight")]
    [InlineData(Text, "lora_te_text_model_encoder_layers_1_self_attn_q_proj.lora_down.weight")]
    [InlineData(Text, "lora_te1_text_model_encoder_layers_1_self_attn_q_proj.lora_down.weight")]
    [InlineData(Text, "text_encoder.text_model.encoder.layers.1.self_attn.q_proj.lora_A.weight")]
    [InlineData(Text, "text_encoder.text_model.encoder.layers.1.self_attn.q_proj.lora_A.default.weight")]
    [InlineData(Text, "text_encoder.text_model.encoder.layers.1.self_attn.q_proj.lora_linear_layer.down.weight")]
    [InlineData(Text, "text_encoder.text_model.encoder.layers.1.self_attn.to_q_lora.down.weight")]
    [InlineData(Text, "text_encoder.encoder.layers.1.self_attn.q_proj.lora_A.weight")]
    [InlineData(Text, "base_model.model.text_model.encoder.layers.1.self_attn.q_proj.lora_A.weight")]
    [InlineData(Text, "text_encoders.clip_l.transformer.text_model.encoder.layers.1.self_attn.q_proj.lora_A.weight")]
    public void Read_AnyName_ChangesThatLayerAsThePlainFormDoes(string module, string downKey)
    {
        using var scope = NewDisposeScope();
        var isText = module == Text;
        var layer = (isText ? model.TextEncoder.AdaptableLayers : model.UNet.AdaptableLayers)[module];
        using var generator = new Generator(3);
        var (a, b) = (randn([2, layer.InFeatures], generator: generator), randn([layer.OutFeatures, 2], generator: generator));
        using var loaded = model.Read(new() { [downKey] = a, [UpOf(downKey)] = b });

        var change = Assert.Single(isText ? loaded.TextEncoder : loaded.UNet);
        Assert.Empty(isText ? loaded.UNet : loaded.TextEncoder);
        Assert.Empty(loaded.Warnings);
        Assert.Equal(module, change.Module);
        Assert.Equal(0, Golden.Deviation(change.WeightChange(layer, 1)!, mm(b, a)));
    }

    [Fact]
    public void Read_EveryLayerByItsOriginalName_IsFoundAsTheConversionOfCheckpointsFindsIt()
    {
        // The names of a checkpoint in the original layout, and what the converter makes of them, are the reference.
        using var unet = new UNet2DConditionModel(UNetConfig.Read(Golden.PathOf("shapes", "sd15_unet.config.json")));
        var names = new KohyaLayerNames(unet.AdaptableLayers);
        var originals = OriginalLayerNames.Of(unet.AdaptableLayers.Keys).ToArray();
        Assert.Equal(unet.AdaptableLayers.Count, originals.Length);
        Assert.Equal(originals.Length, originals.Select(o => o.Original).Distinct().Count());
        Assert.All(originals, o => Assert.Equal(o.Name, names.Find(o.Original)));
        (string Original, string Name)[] known =
        [
            ("input_blocks_0_0", "conv_in"),
            ("input_blocks_3_0_op", "down_blocks.0.downsamplers.0.conv"),
            ("input_blocks_4_0_skip_connection", "down_blocks.1.resnets.0.conv_shortcut"),
            ("input_blocks_8_1_proj_in", "down_blocks.2.attentions.1.proj_in"),
            ("input_blocks_11_0_out_layers_3", "down_blocks.3.resnets.1.conv2"),
            ("middle_block_1_transformer_blocks_0_ff_net_0_proj", "mid_block.attentions.0.transformer_blocks.0.ff.net.0.proj"),
            ("middle_block_2_emb_layers_1", "mid_block.resnets.1.time_emb_proj"),
            ("output_blocks_2_1_conv", "up_blocks.0.upsamplers.0.conv"),
            ("output_blocks_5_2_conv", "up_blocks.1.upsamplers.0.conv"),
            ("output_blocks_11_1_proj_out", "up_blocks.3.attentions.2.proj_out"),
            ("time_embed_2", "time_embedding.linear_2"),
            ("out_2", "conv_out"),
        ];
        Assert.All(known, k => Assert.Equal(k.Name, names.Find(k.Original)));
    }

    [Fact]
    public void Read_OneTensorUnderTwoNames_IsRefused()
    {
        using var scope = NewDisposeScope();
        var layer = model.UNet.AdaptableLayers[Query];
        var (a, b) = (ones(1, layer.InFeatures), ones(layer.OutFeatures, 1));
        var error = Assert.Throws<InvalidInputException>(() =>
            model.Read(
                new()
                {
                    [$"unet.{Query}.lora_A.one.weight"] = a,
                    [$"unet.{Query}.lora_B.one.weight"] = b,
                    [$"unet.{Query}.lora_A.two.weight"] = a,
                }
            )
        );
        Assert.Contains(
            $"unet.{Query}.lora_A.one.weight and unet.{Query}.lora_A.two.weight are the same tensor of {Query}",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("""{"r": 2, "lora_alpha": 6, "use_rslora": false}""", 3)]
    [InlineData("""{"r": 2, "lora_alpha": 6, "alpha_pattern": {"attn1.to_q": 1}}""", 0.5)]
    [InlineData(null, 1)]
    public void Read_PeftsOwnFile_TakesAlphaFromTheSettingsBeside(string? settings, double scale)
    {
        using var scope = NewDisposeScope();
        var layer = model.UNet.AdaptableLayers[Query];
        var (a, b) = (ones(2, layer.InFeatures), ones(layer.OutFeatures, 2));
        using var loaded = model.Read(new() { [$"base_model.model.{Query}.lora_A.weight"] = a, [$"base_model.model.{Query}.lora_B.weight"] = b }, settings);
        Assert.Equal(scale, Assert.Single(loaded.UNet).Delta!.Scale, 6);
    }

    private static string UpOf(string downKey) =>
        downKey.Contains("lora_A", StringComparison.Ordinal)
            ? downKey.Replace("lora_A", "lora_B", StringComparison.Ordinal)
            : downKey.Replace("lora_down", "lora_up", StringComparison.Ordinal).Replace(".down.", ".up.", StringComparison.Ordinal);

    /// <summary>The tiny golden model.</summary>
    public sealed class Model : IDisposable
    {
        private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-lora-");

        public UNet2DConditionModel UNet { get; } = ModelFolder.Open(Golden.PathOf("sd15-tiny")).LoadUNet(ScalarType.Float32, CPU);

        public ClipTextModel TextEncoder { get; } = ModelFolder.Open(Golden.PathOf("sd15-tiny")).LoadTextEncoder(ScalarType.Float32, CPU);

        public void Dispose()
        {
            UNet.Dispose();
            TextEncoder.Dispose();
            _folder.Delete(recursive: true);
        }

        /// <summary>Writes a file and reads it.</summary>
        internal LoadedLora Read(Dictionary<string, Tensor> tensors, string? settingsBeside = null)
        {
            var own = _folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName;
            var path = Path.Combine(own, "x.safetensors");
            SafetensorsWriter.Write(path, tensors);
            if (settingsBeside is not null)
            {
                File.WriteAllText(Path.Combine(own, PeftMetadata.FileName), settingsBeside);
            }

            return LoraFile.Read(path, UNet.AdaptableLayers, TextEncoder.AdaptableLayers);
        }
    }
}
