using OrleansOneShot.Client.Models;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Client.Tests.Models;

/// <summary>Which files of a folder are a model's.</summary>
public sealed class ModelDirectoryTests : IDisposable
{
    private readonly TestFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task List_OfADiffusersFolder_LeavesOutWhatIsNoneOfIt()
    {
        Write("model_index.json", "unet/config.json", "unet/diffusion_pytorch_model.safetensors", "tokenizer/merges.txt");
        Write("v1-5-pruned.safetensors", "unet/diffusion_pytorch_model.bin", ".cache/a.json", "README.md");

        var files = await new ModelDirectory(_folder.Root).ListAsync(Stop);

        Assert.Equal(
            ["model_index.json", "tokenizer/merges.txt", "unet/config.json", "unet/diffusion_pytorch_model.safetensors"],
            files.Select(file => file.Path)
        );
        Assert.All(files, file => Assert.Equal((1, 64), (file.Bytes, file.Sha256.Length)));
    }

    [Fact]
    public async Task List_OfAClip_HasItsWeights()
    {
        Write("config.json", "model.safetensors");

        Assert.Equal(["config.json", "model.safetensors"], (await new ModelDirectory(_folder.Root + "/").ListAsync(Stop)).Select(file => file.Path));
    }

    [Fact]
    public async Task List_OfAFolderThatIsNotThere_SaysSo()
    {
        var missing = new ModelDirectory(Path.Combine(_folder.Root, "nowhere"));

        Assert.Equal(ErrorCodes.InvalidInput, (await Assert.ThrowsAsync<OneShotException>(() => missing.ListAsync(Stop))).Code);
    }

    private void Write(params string[] paths)
    {
        foreach (var path in paths)
        {
            var file = Path.Combine(_folder.Root, path);
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, "x");
        }
    }
}
