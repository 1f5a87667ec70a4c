using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Tokens;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Tokens;

public sealed class LearnedEmbeddingsFileTests : IDisposable
{
    private static readonly ModelSpec Spec = new() { Title = "my dog", Resolution = 64, TriggerPhrase = "<dog>" };
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-embeds-");

    private string FilePath => Path.Combine(_folder.FullName, "fluffy.safetensors");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Read_Golden_GivesTheTokenAndItsFourVectors()
    {
        var golden = Golden.Read("embeds", "learned_embeds.safetensors");
        var read = LearnedEmbeddingsFile.Read(Golden.PathOf("embeds", "learned_embeds.safetensors"), width: 32);
        Assert.Equal("<cat>", read.Token);
        Assert.Equal([4L, 32L], read.Vectors.shape);
        Assert.Equal(0, Golden.Deviation(read.Vectors, golden["<cat>"]));
    }

    [Fact]
    public void Write_ThenRead_GivesTheSameBitsUnderOneKey()
    {
        using var scope = NewDisposeScope();
        var vectors = randn(4, 32).requires_grad_();
        LearnedEmbeddingsFile.Write(FilePath, "<dog>", vectors, Spec);
        var header = SafetensorsHeader.Read(FilePath);
        Assert.Equal(["<dog>"], header.Tensors.Keys);
        Assert.Equal("stable-diffusion-v1/textual-inversion", header.Metadata["modelspec.architecture"]);
        Assert.Equal("<dog>", header.Metadata["modelspec.trigger_phrase"]);
        var read = LearnedEmbeddingsFile.Read(FilePath);
        Assert.Equal("<dog>", read.Token);
        Assert.Equal(vectors.bytes.ToArray(), read.Vectors.bytes.ToArray());
        var bytes = File.ReadAllBytes(FilePath);
        LearnedEmbeddingsFile.Write(FilePath, "<dog>", vectors, Spec);
        Assert.Equal(bytes, File.ReadAllBytes(FilePath));
    }

    [Theory]
    [InlineData("emb_params", "fluffy")]
    [InlineData("clip_l", "fluffy")]
    [InlineData("<owl>", "<owl>")]
    [InlineData("owl", "owl")]
    public void Read_SingleTensorOfAnyKey_IsNamedByItsKeyOrFile(string key, string token)
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(FilePath, new Dictionary<string, Tensor> { [key] = ones(2, 8).to(ScalarType.Float16) });
        var read = LearnedEmbeddingsFile.Read(FilePath, 8);
        Assert.Equal(token, read.Token);
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
    public void Read_WhatIsNoEmbedding_IsRefused()
    {
        using var scope = NewDisposeScope();
        Refused("takes 16", ("a", ones(2, 8)));
        Refused("holds 2 tensors", ("a", ones(2, 16)), ("b", ones(2, 16)));
        Refused("XL", ("clip_l", ones(2, 16)), ("clip_g", ones(2, 16)));
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
