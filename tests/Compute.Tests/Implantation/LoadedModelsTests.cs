using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Tests.Models;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Implantation;

/// <summary>Parts of different models, each sound in itself, are refused by name.</summary>
public sealed class LoadedModelsTests : IDisposable
{
    private readonly string _folder = TinyModel.Copy();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_TokenizerOfAnotherVocabulary_IsRefused()
    {
        var path = Path.Combine(_folder, "tokenizer", "vocab.json");
        var words = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        var count = words.Count;
        words["one-more-word"] = count;
        File.WriteAllText(path, words.ToJsonString());

        var error = Assert.Throws<InvalidInputException>(() => LoadedModels.Load(ModelFolder.Open(_folder), ScalarType.Float32, CPU));

        Assert.Equal(
            $"The tokenizer does not fit the text encoder: tokenizer/vocab.json has {count + 1} words, text_encoder/config.json has vocab_size {count}.",
            error.Message
        );
    }

    [Fact]
    public void LoadJointSpace_PreprocessorOfAnotherSize_IsRefused()
    {
        var path = Path.Combine(_folder, "clip", "preprocessor_config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!;
        config["size"] = 64;
        config["crop_size"] = 48;
        File.WriteAllText(path, config.ToJsonString());
        using var models = LoadedModels.Load(ModelFolder.Open(_folder), ScalarType.Float32, CPU);

        Assert.StartsWith(
            "The CLIP's preprocessor does not fit it: preprocessor_config.json has crop_size 48, ",
            Assert.Throws<InvalidInputException>(models.LoadJointSpace).Message,
            StringComparison.Ordinal
        );
    }
}
