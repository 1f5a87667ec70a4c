using System.Security.Cryptography;
using OrleansOneShot.Compute;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.ModelHub.Tests;

/// <summary>Which files of a folder others may get.</summary>
public sealed class LocalModelTests : IDisposable
{
    private readonly TestData _data = new();

    private static ModelEntry Tiny => new("sd15-tiny-0a0a0a0a", Repository.TinyModel, Shipped: false);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ListAsync_AModel_HasTheFilesThatMakeItWithTheirHashes()
    {
        var model = new LocalModel(Tiny);

        var files = await model.ListAsync(Stop);

        Assert.Equal(ModelKind.Base, model.Kind);
        Assert.Contains(files, file => file.Path == "model_index.json");
        Assert.Equal(files.OrderBy(file => file.Path, StringComparer.Ordinal), files);
        Assert.All(
            files,
            file =>
            {
                using var content = model.Open(file);
                Assert.Equal(file.Bytes, content.Length);
                Assert.Equal(file.Sha256, Convert.ToHexStringLower(SHA256.HashData(content)));
            }
        );
    }

    [Fact]
    public async Task ListAsync_PicklesAndOtherFiles_StayWhereTheyAre()
    {
        var folder = _data["model"];
        foreach (var path in Directory.EnumerateFiles(Repository.TinyModel, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(folder, Path.GetRelativePath(Repository.TinyModel, path));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(path, copy);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "unet", "diffusion_pytorch_model.bin"), "pickle", Stop);
        await File.WriteAllTextAsync(Path.Combine(folder, "id_rsa"), "private", Stop);

        var files = await new LocalModel(Tiny with { Folder = folder }).ListAsync(Stop);

        Assert.All(files, file => Assert.Contains(Path.GetExtension(file.Path), (string[])[".json", ".txt", ".safetensors"]));
        Assert.Equal(await new LocalModel(Tiny).ListAsync(Stop), files);
    }

    [Fact]
    public async Task ListAsync_AFolderWithoutAModel_SaysWhatIsMissing()
    {
        var folder = Directory.CreateDirectory(_data["empty"]).FullName;
        var error = await Assert.ThrowsAsync<InvalidInputException>(() => new LocalModel(Tiny with { Folder = folder }).ListAsync(Stop));
        Assert.Contains(folder, error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _data.Dispose();
}
