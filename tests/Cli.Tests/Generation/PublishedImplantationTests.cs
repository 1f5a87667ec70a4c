using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansOneShot.Cli.Generation;
using OrleansOneShot.Cli.Tests.Support;
using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Storage;
using static TorchSharp.torch;

namespace OrleansOneShot.Cli.Tests.Generation;

/// <summary>What of a result's folder is drawn with.</summary>
public sealed class PublishedImplantationTests : IDisposable
{
    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("oneshot-cat")]
    [InlineData("cat")]
    public void Find_NamesOfThisVersionAndOfEarlierOnes_AreFound(string name)
    {
        Write("cat", "lora");
        Write("pytorch_lora_weights", "lora");
        Write($"learned_embeds/{name}", "<cat>");

        Assert.Equal([name], Embeddings());
    }

    [Fact]
    public void Find_FilesOfAnEarlierResultInTheSameFolder_GiveWayToThoseOfTheManifest()
    {
        Write("cat", "lora");
        Write("learned_embeds/cat", "<cat>");
        Write("learned_embeds/oneshot-cat", "<cat>");
        Write("learned_embeds/mine", "<dog>");
        Assert.Equal(["cat", "mine", "oneshot-cat"], Embeddings());

        WriteManifest("cat.safetensors", "learned_embeds/oneshot-cat.safetensors");
        Assert.Equal(["mine", "oneshot-cat"], Embeddings());
    }

    private IEnumerable<string> Embeddings() =>
        PublishedImplantation.Find(_folder["out"], DataFolder.Resolve(_folder["data"])).Embeddings.Select(file => Path.GetFileNameWithoutExtension(file));

    private void Write(string name, string key)
    {
        var path = _folder[$"out/{name}.safetensors"];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        SafetensorsWriter.Write(path, new Dictionary<string, Tensor> { [key] = ones(2, 32) });
    }

    private void WriteManifest(params string[] files) =>
        File.WriteAllText(
            _folder["out/manifest.json"],
            new JsonObject
            {
                ["files"] = new JsonArray([
                    .. files.Select(file =>
                    {
                        var bytes = File.ReadAllBytes(_folder[$"out/{file}"]);
                        return new JsonObject
                        {
                            ["path"] = file,
                            ["bytes"] = bytes.Length,
                            ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes)),
                        };
                    }),
                ]),
            }.ToJsonString()
        );
}
