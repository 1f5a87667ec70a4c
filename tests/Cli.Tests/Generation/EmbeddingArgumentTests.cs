using OrleansOneShot.Cli.Generation;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Tokens;
using static TorchSharp.torch;

namespace OrleansOneShot.Cli.Tests.Generation;

/// <summary>What files of learned tokens are called in prompts, and how that is changed.</summary>
public sealed class EmbeddingArgumentTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("easynegative.safetensors", "easynegative", null)]
    [InlineData("easynegative.safetensors:<bad>", "<bad>", null)]
    [InlineData("easynegative.safetensors:worst", "worst", null)]
    [InlineData("easynegative.safetensors:bad things", "bad things", null)]
    [InlineData("skskey.safetensors", "skskey", "sks")]
    [InlineData("skskey.safetensors:<sks>", "<sks>", null)]
    [InlineData("cat.safetensors", "<cat>", null)]
    [InlineData("cat.safetensors:<tom>", "<tom>", null)]
    [InlineData("of:two.safetensors", "of:two", null)]
    [InlineData("of:two.safetensors:word", "word", null)]
    public void Parse_FileAndName_IsCalledThat(string text, string name, string? alias)
    {
        Write("easynegative", "emb_params");
        Write("skskey", "sks");
        Write("cat", "<cat>");
        Write("of:two", "emb_params");
        var choice = EmbeddingArgument.Parse(_folder[text]);
        Assert.Equal((name, alias), (choice.Name, choice.Alias));
        Assert.True(File.Exists(choice.Path), choice.Path);
    }

    [Theory]
    [InlineData("easynegative.safetensors:", "behind the colon stands no name")]
    [InlineData("easynegative.safetensors: ", "behind the colon stands no name")]
    [InlineData("easynegative.safetensors:<bad", "\"<bad\" is no identifier")]
    [InlineData("easynegative.safetensors:<two words>", "\"<two words>\" is no identifier")]
    [InlineData("missing.safetensors", "missing.safetensors doesn't exist")]
    [InlineData("missing.safetensors:<bad>", "missing.safetensors doesn't exist")]
    public void Parse_NoNameOrNoFile_IsRefused(string text, string expected)
    {
        Write("easynegative", "emb_params");
        Assert.Contains(expected, Assert.Throws<InvalidInputException>(() => EmbeddingArgument.Parse(_folder[text])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(@"C:\x\easy.safetensors", @"C:\x\easy.safetensors", null)]
    [InlineData(@"C:\x\easy.safetensors:<bad>", @"C:\x\easy.safetensors", "<bad>")]
    [InlineData("C:/x/easy.safetensors:0.5", "C:/x/easy.safetensors", "0.5")]
    [InlineData("a:0.5", "a", "0.5")]
    [InlineData("a/b:c/d", "a/b:c/d", null)]
    [InlineData("https://host/x.safetensors", "https://host/x.safetensors", null)]
    [InlineData(":x", ":x", null)]
    [InlineData("x", "x", null)]
    public void Split_ColonsOfAllKinds_AreTakenForWhatTheyAre(string text, string path, string? suffix) =>
        Assert.Equal((path, suffix), FileArgument.Split(text));

    [Fact]
    public void RequireDistinct_TwoOfOneName_AreRefusedInOneSentence()
    {
        Write("a/easynegative", "emb_params");
        Write("b/EasyNegative", "emb_params");
        EmbeddingChoice[] choices =
        [
            EmbeddingArgument.Parse(_folder["a/easynegative.safetensors"]),
            EmbeddingArgument.Parse(_folder["b/EasyNegative.safetensors"]),
        ];
        var error = Assert.Throws<InvalidInputException>(() => EmbeddingChoice.RequireDistinct(choices));
        Assert.Equal($"Two embeddings are called EasyNegative in prompts: {choices[0].Path} and {choices[1].Path}.", error.Message);
        Assert.Contains("--embedding \"FILE:<name>\"", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void RequireDistinct_OneKeyInTwoFiles_IsNobodysWord()
    {
        Write("one", "sks");
        Write("two", "sks");
        Write("three", "zwx");
        EmbeddingChoice[] choices =
        [
            EmbeddingArgument.Parse(_folder["one.safetensors"]),
            EmbeddingArgument.Parse(_folder["two.safetensors"]),
            EmbeddingArgument.Parse(_folder["three.safetensors"]),
        ];
        Assert.Equal([("one", null), ("two", null), ("three", "zwx")], EmbeddingChoice.RequireDistinct(choices).Select(choice => (choice.Name, choice.Alias)));
    }

    private void Write(string name, string key)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder[name])!);
        SafetensorsWriter.Write(_folder[name + ".safetensors"], new Dictionary<string, Tensor> { [key] = ones(2, 32) });
    }
}
