using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Safetensors;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Lora;

/// <summary>A LoRA for other models, and what is no LoRA, is refused by its name, by the header alone.</summary>
public sealed class ForeignLoraTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-lora-");

    private string FilePath => Path.Combine(_folder.FullName, "x.safetensors");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("lora_te2_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight", "is a LoRA for Stable Diffusion XL (lora_te2_text")]
    [InlineData("text_encoder_2.text_model.encoder.layers.0.self_attn.q_proj.lora_A.weight", "Stable Diffusion XL")]
    [InlineData("lora_unet_label_emb_0_0.lora_down.weight", "Stable Diffusion XL")]
    [InlineData("unet.add_embedding.linear_1.lora_A.weight", "Stable Diffusion XL")]
    [InlineData("lora_unet_double_blocks_0_img_attn_qkv.lora_down.weight", "Flux")]
    [InlineData("transformer.single_transformer_blocks.0.attn.to_q.lora_A.weight", "Flux")]
    [InlineData("diffusion_model.double_blocks.0.img_attn.qkv.lora_A.weight", "Flux")]
    [InlineData("lora_unet_joint_blocks_0_context_block_attn_qkv.lora_down.weight", "Stable Diffusion 3")]
    [InlineData("transformer.transformer_blocks.0.attn.add_q_proj.lora_A.weight", "Stable Diffusion 3")]
    [InlineData("diffusion_model.blocks.0.self_attn.q.lora_A.weight", "Wan Video")]
    [InlineData("lora_unet_blocks_0_cross_attn_k.lora_down.weight", "Wan Video")]
    [InlineData("transformer.blocks.0.attn1.to_q.lora_A.weight", "Wan Video")]
    [InlineData("diffusion_model.txt_in.individual_token_refiner.blocks.0.self_attn_qkv.lora_A.weight", "Hunyuan Video")]
    [InlineData("transformer_blocks.0.img_mlp.net.0.proj.lora_A.weight", "Qwen-Image")]
    [InlineData("diffusion_model.layers.0.attention.to_q.lora_A.weight", "Lumina or Z-Image")]
    [InlineData("transformer.transformer_blocks.0.attn1.to_q.lora_A.weight", "a diffusion transformer")]
    [InlineData("down_blocks.0.motion_modules.0.temporal_transformer.proj_in.lora_A.weight", "AnimateDiff")]
    [InlineData("lora_prior_unet_down_blocks_0_0_channelwise_0.lora_down.weight", "Stable Cascade")]
    [InlineData("lora_controlnet", "is a ControlNet")]
    [InlineData("controlnet_cond_embedding.conv_in.weight", "is a ControlNet")]
    [InlineData("768.0.linear.0.weight", "is a hypernetwork")]
    [InlineData("image_proj.proj.weight", "is an IP-Adapter")]
    [InlineData("emb_params", "is a file of learned tokens, not a LoRA")]
    [InlineData(
        "lora_unet_mid_block_attentions_0_proj_in.oft_blocks",
        "is an OFT (lora_unet_mid_block_attentions_0_proj_in.oft_blocks), which is not supported"
    )]
    [InlineData("lora_unet_mid_block_attentions_0_transformer_blocks_0_attn1_to_k.on_input", "is an IA3")]
    [InlineData("base_model.model.mid_block.attentions.0.transformer_blocks.0.attn1.to_k.ia3_l", "is an IA3")]
    [InlineData("lora_unet_mid_block_attentions_0_proj_in.a1.weight", "is a GLoRA")]
    [InlineData("lora_unet_down_blocks_0_resnets_0_norm1.w_norm", "an adapter that changes norms")]
    [InlineData("lora_unet_down_blocks_0_resnets_0_norm1.diff_b", "an adapter that changes norms")]
    [InlineData("lllite_unet_input_blocks_4_1_transformer_blocks_0_attn1_to_q.down.0.weight", "is a ControlNet")]
    [InlineData("model.diffusion_model.input_blocks.0.0.weight", "holds a model's weights")]
    [InlineData("down_blocks.0.resnets.0.conv1.weight", "holds a model's weights")]
    public void CheckKind_ForeignKey_IsRefusedByName(string key, string expected)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(FilePath, new Dictionary<string, Tensor> { [key] = ones(2, 4) });
        var error = Assert.Throws<InvalidInputException>(() => LoraFile.CheckKind(FilePath));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("x.safetensors ", error.Message, StringComparison.Ordinal);
        Assert.Equal(error.Message, Assert.Throws<InvalidInputException>(() => LoraFile.Read(FilePath, Linears.Small())).Message);
    }

    [Theory]
    [InlineData("sdxl_base_v1-0", null, "is a LoRA for Stable Diffusion XL (its metadata say so), which is not supported")]
    [InlineData(null, "stable-diffusion-xl-v1-base/lora", "Stable Diffusion XL")]
    [InlineData("flux1", null, "Flux")]
    [InlineData("sd_v1", null, "doesn't fit this base model")]
    [InlineData(null, null, "doesn't fit this base model")]
    public void Read_MisfitThatSaysWhatItIsFor_IsRefusedByThatName(string? version, string? architecture, string expected)
    {
        using var scope = NewDisposeScope();
        var metadata = new Dictionary<string, string>();
        if (version is not null)
        {
            metadata["ss_base_model_version"] = version;
        }

        if (architecture is not null)
        {
            metadata["modelspec.architecture"] = architecture;
        }

        const string Module = "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q";
        SafetensorsWriter.Write(
            FilePath,
            new Dictionary<string, Tensor> { [Module + ".lora_down.weight"] = ones(1, 640), [Module + ".lora_up.weight"] = ones(640, 1) },
            metadata
        );
        Assert.Contains(expected, Assert.Throws<InvalidInputException>(() => LoraFile.Read(FilePath, Linears.Small())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(768, "is a LoRA for Stable Diffusion 1.x, whose text states have 768 values; this base model's have 6")]
    [InlineData(1024, "is a LoRA for Stable Diffusion 2.x, whose text states have 1024 values")]
    [InlineData(2048, "is a LoRA for Stable Diffusion XL, whose text states have 2048 values")]
    [InlineData(7, "has A [1, 7] and B [8, 1] where the layer needs (r, 6) and (8, r)")]
    public void Read_TextStatesOfAnotherWidth_AreToldAsTheFamilys(long width, string expected)
    {
        using var scope = NewDisposeScope();
        const string Module = "unet.down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k";
        SafetensorsWriter.Write(
            FilePath,
            new Dictionary<string, Tensor> { [Module + ".lora_A.weight"] = ones(1, width), [Module + ".lora_B.weight"] = ones(8, 1) }
        );
        Assert.Contains(expected, Assert.Throws<InvalidInputException>(() => LoraFile.Read(FilePath, Linears.Small())).Message, StringComparison.Ordinal);
    }
}
