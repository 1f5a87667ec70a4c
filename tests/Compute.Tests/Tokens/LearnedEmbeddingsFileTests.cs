using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Tokens;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Tokens;

public sealed class LearnedEmbeddingsFileTests : IDisposable
{
    private static readonly ModelSpec s_spec = new()
    {
        Title = "my dog",
        Resolution = 64,
        TriggerPhrase = "<dog>",
    };
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-embeds-");

    private string FilePath => Path.Combine(_folder.FullName, "fluffy.safetensors");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Read_Golden_GivesTheTokenAndItsFourVectors()
    {
        var golden = Golden.Read("embeds", "learned_embeds.safetensors");
        var read = LearnedEmbeddingsFile.Read(Golden.PathOf("embeds", "learned_embeds.safetensors"), width: 32);
        Assert.Equal("<cat>", read.Names.Name);
        Assert.Equal([4L, 32L], read.Vectors.shape);
        Assert.Equal(0, Golden.Deviation(read.Vectors, golden["<cat>"]));
    }

    [Fact]
    public void Write_ThenRead_GivesTheSameBitsUnderOneKey()
    {
        using var scope = NewDisposeScope();
        var vectors = randn(4, 32).requires_grad_();
        LearnedEmbeddingsFile.Write(FilePath, "<dog>", vectors, s_spec);
        var header = SafetensorsHeader.Read(FilePath);
        Assert.Equal(["<dog>"], header.Tensors.Keys);
        Assert.Equal("stable-diffusion-v1/textual-inversion", header.Metadata["modelspec.architecture"]);
        Assert.Equal("<dog>", header.Metadata["modelspec.trigger_phrase"]);
        var read = LearnedEmbeddingsFile.Read(FilePath);
        Assert.Equal("<dog>", read.Names.Name);
        Assert.Equal(vectors.bytes.ToArray(), read.Vectors.bytes.ToArray());
        var bytes = File.ReadAllBytes(FilePath);
        LearnedEmbeddingsFile.Write(FilePath, "<dog>", vectors, s_spec);
        Assert.Equal(bytes, File.ReadAllBytes(FilePath));
    }

    [Theory]
    [InlineData("emb_params", "fluffy", null)]
    [InlineData("clip_l", "fluffy", null)]
    [InlineData("string_to_param.*", "fluffy", null)]
    [InlineData("*", "fluffy", null)]
    [InlineData("Fluffy", "fluffy", null)]
    [InlineData("<owl>", "<owl>", null)]
    [InlineData("owl", "fluffy", "owl")]
    [InlineData("<my owl>", "fluffy", "<my owl>")]
    public void Read_SingleTensorOfAnyKey_IsNamedByItsIdentifierOrItsFile(string key, string name, string? alias)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(FilePath, new Dictionary<string, Tensor> { [key] = ones(2, 8).to(ScalarType.Float16) });
        var read = LearnedEmbeddingsFile.Read(FilePath, 8);
        Assert.Equal(new EmbeddingNames(name, alias), read.Names);
        Assert.Equal(read.Names, LearnedEmbeddingsFile.NamesOf(FilePath));
        Assert.Empty(read.Warnings);
        Assert.Equal(ScalarType.Float32, read.Vectors.dtype);
    }

    [Fact]
    public void Read_OneDimensionalTensor_IsOneVector()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(FilePath, new Dictionary<string, Tensor> { ["emb_params"] = ones(8) });
        Assert.Equal([1L, 8L], LearnedEmbeddingsFile.Read(FilePath).Vectors.shape);
    }

    [Fact]
    public void Read_ThreeDimensionsOfOneBatch_AreItsVectors()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(FilePath, new Dictionary<string, Tensor> { ["emb_params"] = ones(1, 3, 8) });
        Assert.Equal([3L, 8L], LearnedEmbeddingsFile.Read(FilePath).Vectors.shape);
    }

    [Fact]
    public void Read_BothTowersOfXL_TakesTheOneThatThisModelHasAndSaysSo()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(FilePath, new Dictionary<string, Tensor> { ["clip_g"] = ones(2, 20), ["clip_l"] = ones(3, 8).Mul(2) });
        var read = LearnedEmbeddingsFile.Read(FilePath, 8);
        Assert.Equal([3L, 8L], read.Vectors.shape);
        Assert.Equal(2f, read.Vectors[0, 0].item<float>());
        Assert.Equal("fluffy", read.Names.Name);
        Assert.Contains("of it only clip_l is used", Assert.Single(read.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_WhatIsNoEmbedding_IsRefused()
    {
        using var scope = NewDisposeScope();
        Refused("takes 16", ("a", ones(2, 8)));
        Refused("holds 2 tensors", ("a", ones(2, 16)), ("b", ones(2, 16)));
        Refused("vectors of 8 values, for Stable Diffusion XL or 3; this model's text encoder takes 16", ("clip_l", ones(2, 8)), ("clip_g", ones(2, 16)));
        Refused("Stable Diffusion XL or 3 alone (clip_g)", ("clip_g", ones(2, 16)));
        Refused("vectors of 768 values, for Stable Diffusion 1.x", ("emb_params", ones(2, 768)));
        Refused("is a LoRA (unet.x.lora_A.weight), not a file of learned tokens", ("unet.x.lora_A.weight", ones(2, 16)), ("unet.x.lora_B.weight", ones(2, 16)));
        Refused("emb_params is of type I64", ("emb_params", ones([2, 16], ScalarType.Int64)));
        Refused("learned tokens are (n, d)", ("a", ones(2, 2, 16)));
        Refused("learned tokens are (n, d)", ("a", ones(76, 16)));
        Refused("learned tokens are (n, d)", ("a", ones(0, 16)));
        Refused("learned tokens are (n, d)", ("a", ones(1, 9000)));
        Refused("not finite", ("a", TensorMath.Full([2, 16], double.NaN)));
    }

    private void Refused(string expected, params (string Key, Tensor Value)[] tensors)
    {
        SafetensorsWriter.Write(FilePath, tensors.ToDictionary(t => t.Key, t => t.Value));
        var error = Assert.Throws<InvalidInputException>(() => LearnedEmbeddingsFile.Read(FilePath, 16));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains("fluffy.safetensors", error.Message, StringComparison.Ordinal);
    }
}
