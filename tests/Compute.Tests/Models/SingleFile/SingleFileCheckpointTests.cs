using OrleansOneShot.Compute.Models.SingleFile;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.TestKit.Models.SingleFile;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Models.SingleFile;

public sealed class SingleFileCheckpointTests : IDisposable
{
    private static readonly string s_tiny = Golden.PathOf("sd15-tiny");
    private readonly string _root = Directory.CreateTempSubdirectory("oneshot-single-").FullName;

    [Fact]
    public void Convert_TinyModel_GivesTheSameTensorsAndTheSamePicture()
    {
        var folder = Path.Combine(_root, "tiny");

        SingleFileCheckpoint.Convert(SingleFiles.WriteTiny(Path.Combine(_root, "tiny.safetensors")), folder, s_tiny);

        foreach (var (part, stem) in ((string, string)[])[("unet", "diffusion_pytorch_model"), ("vae", "diffusion_pytorch_model"), ("text_encoder", "model")])
        {
            using var scope = NewDisposeScope();
            var expected = Golden.Read("sd15-tiny", part, stem + ".safetensors");
            var actual = SafetensorsFile.ReadAll(Path.Combine(folder, part, stem + ".safetensors"));
            foreach (var (key, value) in actual)
            {
                Assert.True(expected.Remove(key, out var reference), key);
                Assert.True(value.equal(reference!).all().item<bool>(), key);
            }

            Assert.All(expected.Keys, key => Assert.EndsWith("position_ids", key, StringComparison.Ordinal));
        }

        Assert.Equal(Drawing.Of(s_tiny), Drawing.Of(folder));
    }

    [Fact]
    public void Convert_ShapesOfStableDiffusion15_FitButForTheOneThatWasBent()
    {
        // All tensors of the real model, as the holes of a sparse file. One wrong shape ends the conversion before two gigabytes are written, and must be all
        // that is wrong.
        var tensors = new Dictionary<string, long[]>();
        foreach (var (key, shape) in SparseCheckpoint.ShapesOf("sd15_unet"))
        {
            tensors.Add(OriginalNames.OfUNet(key, 4, 2, [true, true, true, false]), shape);
        }

        foreach (var (key, shape) in SparseCheckpoint.ShapesOf("sd15_vae"))
        {
            var original = OriginalNames.OfVae(key, 4);
            tensors.Add(original, original.Contains("attn_1", StringComparison.Ordinal) && shape.Length == 2 ? [.. shape, 1, 1] : shape);
        }

        foreach (var (key, shape) in SparseCheckpoint.ShapesOf("sd15_text_encoder"))
        {
            tensors.Add(OriginalNames.OfTextEncoder(key), shape);
        }

        foreach (
            var known in (string[])
                [
                    "model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn1.to_q.weight",
                    "model.diffusion_model.output_blocks.3.1.transformer_blocks.0.attn2.to_k.weight",
                    "model.diffusion_model.input_blocks.3.0.op.weight",
                    "model.diffusion_model.output_blocks.2.1.conv.weight",
                    "model.diffusion_model.output_blocks.5.2.conv.bias",
                    "model.diffusion_model.input_blocks.4.0.skip_connection.weight",
                    "model.diffusion_model.middle_block.1.proj_in.weight",
                    "model.diffusion_model.time_embed.2.bias",
                    "model.diffusion_model.out.2.weight",
                    "model.diffusion_model.output_blocks.11.1.proj_out.weight",
                    "first_stage_model.encoder.down.0.block.0.conv1.weight",
                    "first_stage_model.decoder.up.0.block.0.nin_shortcut.weight",
                    "first_stage_model.decoder.mid.attn_1.proj_out.weight",
                    "first_stage_model.encoder.down.2.downsample.conv.weight",
                    "first_stage_model.post_quant_conv.weight",
                    "cond_stage_model.transformer.text_model.encoder.layers.0.self_attn.q_proj.weight",
                ]
        )
        {
            Assert.True(tensors.ContainsKey(known), known);
        }

        const string Bent = "model.diffusion_model.middle_block.0.in_layers.2.bias";
        tensors[Bent] = [1279];
        var file = SparseCheckpoint.Write(Path.Combine(_root, "sd15.safetensors"), tensors);

        var error = Assert.Throws<InvalidInputException>(() => SingleFileCheckpoint.Convert(file, Path.Combine(_root, "sd15")));

        Assert.Contains(
            "in unet 1 key is of the wrong shape or type (mid_block.resnets.0.conv1.bias is [1279], not [1280]).",
            error.Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("sd15_vae")]
    [InlineData("sd15_vae_old_names")]
    public void TargetsOf_VaeOfStableDiffusion15_NamesEveryTensor(string list)
    {
        var targets = OriginalVae.TargetsOf(SparseCheckpoint.ShapesOf(list).Keys.Select(key => OriginalNames.OfVae(key, 4)));

        Assert.Equal(SparseCheckpoint.ShapesOf("sd15_vae").Keys.Order(StringComparer.Ordinal), targets.Values.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("sd15_unet", true, true, true, false)]
    [InlineData("sd21_unet", true, true, true, false)]
    public void TargetsOf_UNet_NamesEveryTensor(string list, params bool[] attention)
    {
        var shapes = SparseCheckpoint.ShapesOf(list);

        var targets = OriginalUNet.TargetsOf(shapes.Keys.Select(key => OriginalNames.OfUNet(key, 4, 2, attention)));

        Assert.Equal(shapes.Keys.Order(StringComparer.Ordinal), targets.Values.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Stable Diffusion XL", "model.diffusion_model.label_emb.0.0.weight")]
    [InlineData("Stable Diffusion XL", "conditioner.embedders.0.transformer.text_model.final_layer_norm.weight")]
    [InlineData("unCLIP", "model.diffusion_model.label_emb.0.0.weight", "cond_stage_model.model.ln_final.weight")]
    [InlineData("Stable Diffusion 3", "model.diffusion_model.joint_blocks.0.x_block.mlp.fc1.weight")]
    [InlineData("Flux", "model.diffusion_model.double_blocks.0.img_attn.qkv.weight")]
    [InlineData("Flux", "double_blocks.0.img_attn.qkv.weight")]
    [InlineData("LoRA", "lora_unet_mid_block_attentions_0_proj_in.lora_down.weight")]
    [InlineData("no VAE", "model.diffusion_model.out.0.weight")]
    [InlineData("no text encoder", "model.diffusion_model.out.0.weight", "first_stage_model.quant_conv.weight")]
    [InlineData("one part", "down_blocks.0.resnets.0.conv1.weight")]
    [InlineData("no Stable Diffusion checkpoint", "weight")]
    public void Convert_OtherFiles_AreRefusedByName(string what, params string[] keys)
    {
        var file = SparseCheckpoint.Write(Path.Combine(_root, "other.safetensors"), keys.ToDictionary(key => key, _ => new long[] { 4 }));

        var error = Assert.Throws<InvalidInputException>(() => SingleFileCheckpoint.Convert(file, Path.Combine(_root, "out")));

        Assert.Contains(what, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(_root, "out")));
    }

    [Fact]
    public void Convert_Inpainting_IsRefusedByName()
    {
        var file = SparseCheckpoint.Write(
            Path.Combine(_root, "inpaint.safetensors"),
            new Dictionary<string, long[]>
            {
                ["model.diffusion_model.input_blocks.0.0.weight"] = [320, 9, 3, 3],
                ["first_stage_model.quant_conv.weight"] = [4],
                ["cond_stage_model.transformer.x"] = [4],
            }
        );

        Assert.Contains(
            "inpainting",
            Assert.Throws<InvalidInputException>(() => SingleFileCheckpoint.Convert(file, Path.Combine(_root, "out"))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Convert_Pickle_IsNeverOpened()
    {
        var file = Path.Combine(_root, "v1-5.ckpt");
        File.WriteAllBytes(file, [0x80, 2]);

        Assert.Contains(
            "pickle",
            Assert.Throws<InvalidInputException>(() => SingleFileCheckpoint.Convert(file, Path.Combine(_root, "out"))).Message,
            StringComparison.Ordinal
        );
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
