using System.Text;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansOneShot.Cli.Tests.Generation;

/// <summary>LoRAs and embeddings as strangers bring them: drawn with, the same picture where they say the same, or told what they are.</summary>
public sealed class StrangersFileTests : IDisposable
{
    private const string Query = "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q";
    private readonly TestFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly Generator _generator = new(1);
    private int _runs;

    public void Dispose()
    {
        _generator.Dispose();
        _scope.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("fp32")]
    [InlineData("bf16")]
    public async Task Generate_OneLoraInEveryForm_DrawsTheSamePicture(string precision)
    {
        var (a, b) = (Random(2, 32), Random(32, 2));
        var plain = await DrawAsync(
            "a photo",
            "--precision",
            precision,
            "--lora",
            Lora("plain", ($"unet.{Query}.lora_A.weight", a), ($"unet.{Query}.lora_B.weight", b))
        );
        Assert.NotEqual(plain.Picture, (await DrawAsync("a photo", "--precision", precision)).Picture);
        foreach (var prefix in new[] { "base_model.model.", "unet.base_model.model.", "" })
        {
            Assert.Equal(
                plain.Picture,
                (
                    await DrawAsync(
                        "a photo",
                        "--precision",
                        precision,
                        "--lora",
                        Lora("x", ($"{prefix}{Query}.lora_A.default.weight", a), ($"{prefix}{Query}.lora_B.default.weight", b))
                    )
                ).Picture
            );
        }

        var kohya = "lora_unet_" + Query.Replace('.', '_');
        Assert.Equal(
            plain.Picture,
            (
                await DrawAsync(
                    "a photo",
                    "--precision",
                    precision,
                    "--lora",
                    Lora("x", ($"{kohya}.lora_down.weight", a), ($"{kohya}.lora_up.weight", b), ($"{kohya}.alpha", tensor(2f)))
                )
            ).Picture
        );

        // As the whole change, the same to the last digits of the weights; in bfloat16 those are few, and this model, whose weights are random, makes much of
        // them.
        if (precision == "fp32")
        {
            var whole = await DrawAsync("a photo", "--precision", precision, "--lora", Lora("x", ($"{kohya}.diff", mm(b, a))));
            Assert.InRange(whole.Pixels.Zip(plain.Pixels, (x, y) => Math.Abs(x - y)).Max(), 0, 1);
        }
    }

    [Fact]
    public async Task Generate_LoraOfTheTextEncoder_ChangesWhatIsDrawn()
    {
        const string Module = "lora_te_text_model_encoder_layers_0_self_attn_v_proj";
        var lora = Lora("te", ($"{Module}.lora_down.weight", Random(1, 32)), ($"{Module}.lora_up.weight", Random(32, 1)), ($"{Module}.alpha", tensor(1f)));
        var with = await DrawAsync("a photo", "--lora", lora);
        Assert.NotEqual(with.Picture, (await DrawAsync("a photo")).Picture);
        Assert.DoesNotContain("not applied", with.Error, StringComparison.Ordinal);
        Assert.Equal((await DrawAsync("a photo")).Picture, (await DrawAsync("a photo", "--lora", lora + ":0")).Picture);
    }

    [Fact]
    public async Task Generate_EmbeddingByItsWordItsKeyOrAnotherName_DrawsTheSamePicture()
    {
        var vectors = Random(3, 32);
        var identifier = Embedding("other", "<sks>", vectors);
        var named = Embedding("bad-hands-5", "emb_params", vectors);
        var keyed = Embedding("skskey", "sks", vectors.to(ScalarType.Float32));
        var expected = await DrawAsync("a photo of <sks> there", "--embedding", identifier);
        Assert.NotEqual(expected.Picture, (await DrawAsync("a photo of sks there")).Picture);
        foreach (
            var (prompt, file) in new[]
            {
                ("a photo of bad-hands-5 there", named),
                ("a photo of Bad-Hands-5 there", named),
                ("a photo of embedding:bad-hands-5 there", named),
                ("a photo of skskey there", keyed),
                ("a photo of sks there", keyed),
                ("a photo of <x> there", named + ":<x>"),
                ("a photo of worst there", named + ":worst"),
                ("a photo of <sks> there", named + ":<sks>"),
            }
        )
        {
            var drawn = await DrawAsync(prompt, "--embedding", file);
            Assert.True(expected.Picture == drawn.Picture, prompt);
            Assert.DoesNotContain("No prompt uses", drawn.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Generate_EmbeddingThatNoPromptUses_IsToldWithItsWord()
    {
        var file = Embedding("easynegative", "emb_params", Random(2, 32));
        Assert.Contains(
            "No prompt uses the embedding easynegative.safetensors: write easynegative into --prompt or --negative where it should act.",
            (await DrawAsync("a photo of easynegatives", "--embedding", file)).Error,
            StringComparison.Ordinal
        );
        Assert.DoesNotContain(
            "No prompt uses",
            (await DrawAsync("a photo", "--embedding", file, "--negative", "lowres, easynegative")).Error,
            StringComparison.Ordinal
        );
        Assert.Contains("write <bad> into", (await DrawAsync("a photo of easynegative", "--embedding", file + ":<bad>")).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--lora")]
    [InlineData("--embedding")]
    [InlineData("--latents")]
    [InlineData("--model")]
    public async Task Generate_WhatADownloadLeftBehind_IsToldAsWhatItIs(string option)
    {
        (byte[] Bytes, string Expected)[] files =
        [
            (Encoding.UTF8.GetBytes("<!DOCTYPE html><html><head><title>Sign in</title>" + new string(' ', 500)), "is an HTML page"),
            (Encoding.UTF8.GetBytes("version https://git-lfs.github.com/spec/v1\noid sha256:aa\n"), "is a Git LFS pointer"),
            ([], "is empty"),
            ([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3], "is a gzip archive"),
            (Encoding.UTF8.GetBytes("{\"error\": \"not found\"}"), "is JSON text"),
        ];
        foreach (var (bytes, expected) in files)
        {
            var run = await RunAsync("a photo", option, _folder.Write("x.safetensors", bytes));
            Assert.Equal(ExitCode.BadInput, run.ExitCode);
            Assert.Contains($"x.safetensors {expected}", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Implant_RankOne_IsWarnedOf()
    {
        var run = await CliRun.RunAsync(
            "implant",
            "--image",
            Repository.Sample("cat.png"),
            "--mask",
            Repository.Sample("cat-mask.png"),
            "--class",
            "cat",
            "--rank",
            "1",
            "--steps",
            "1",
            "--samples",
            "0",
            "--no-prototype",
            "--no-class-loss",
            "--out",
            _folder["out"],
            "--data",
            _folder["data"]
        );
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Single(
            run.Error.Split('\n'),
            line => line.Contains("rank 1 is ignored by stable-diffusion.cpp", StringComparison.Ordinal) && line.Contains("--rank 2", StringComparison.Ordinal)
        );
    }

    private Tensor Random(params long[] shape) => randn(shape, generator: _generator);

    private string Lora(string name, params (string Key, Tensor Value)[] tensors)
    {
        var path = _folder[$"{name}-{_runs++}.safetensors"];
        SafetensorsWriter.Write(path, tensors.ToDictionary(t => t.Key, t => t.Value));
        return path;
    }

    private string Embedding(string name, string key, Tensor vectors)
    {
        SafetensorsWriter.Write(_folder[name + ".safetensors"], new Dictionary<string, Tensor> { [key] = vectors });
        return _folder[name + ".safetensors"];
    }

    private async Task<(string Picture, byte[] Pixels, string Error)> DrawAsync(string prompt, params string[] options)
    {
        var run = await RunAsync(prompt, options);
        Assert.True(run.ExitCode == 0, run.Error);
        var picture = ImageReader.Read(run.Output.Trim());
        return (Convert.ToHexString(picture.Pixels), [.. picture.Pixels], run.Error);
    }

    private Task<CliRun> RunAsync(string prompt, params string[] options) =>
        CliRun.RunAsync([
            "generate",
            "--prompt",
            prompt,
            .. options.Contains("--model") ? Array.Empty<string>() : ["--model", Repository.TinyModel],
            .. options.Contains("--precision") ? Array.Empty<string>() : ["--precision", "fp32"],
            "--steps",
            "2",
            "--width",
            "64",
            "--height",
            "64",
            "--seed",
            "1",
            "--device",
            "cpu",
            .. options,
            "--out",
            _folder[$"out-{_runs++}"],
            "--data",
            _folder["data"],
        ]);
}
