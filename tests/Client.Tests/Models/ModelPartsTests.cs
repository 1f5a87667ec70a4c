using System.Security.Cryptography;
using OrleansOneShot.Client.Models;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Client.Tests.Models;

/// <summary>A model that arrives in parts.</summary>
public sealed class ModelPartsTests : IDisposable
{
    private static readonly byte[] s_index = "{}"u8.ToArray();
    private static readonly byte[] s_weights = Enumerable.Range(0, (int)ModelUploadRules.PartBytes + 5).Select(i => (byte)(i * 31)).ToArray();
    private readonly TestFolder _folder = new();
    private readonly FileArtifactStore _store;
    private readonly ModelParts _parts;

    public ModelPartsTests()
    {
        _store = new FileArtifactStore(_folder["store"]);
        _parts = new ModelParts(_store);
    }

    [Fact]
    public async Task Complete_AllPartsAreThere_MakesTheModelAndLeavesNoPart()
    {
        var upload = Upload();
        var missing = await _parts.FindMissingAsync(upload);
        Assert.Equal((ModelUploadRules.PartBytes, 2), (missing.PartBytes, missing.Missing.Length));
        Assert.Equal([0, ModelUploadRules.PartBytes], missing.Missing[1].Offsets);
        await PutAsync(s_index, 0, s_index);
        await PutAsync(s_weights, ModelUploadRules.PartBytes, s_weights[^5..]);
        Assert.Equal([0L], Assert.Single((await _parts.FindMissingAsync(upload)).Missing, file => file.Bytes > 9).Offsets);
        var early = await Assert.ThrowsAsync<OneShotException>(() => _parts.CompleteAsync(upload));
        Assert.Equal(ErrorCodes.BlobMissing, early.Detail.Code);
        await PutAsync(s_weights, 0, s_weights[..^5]);

        var sent = await _parts.CompleteAsync(upload);

        Assert.Equal("small", sent.Name);
        Assert.Equal(upload.Files.Select(file => file.Sha256), (await new SharedModels(_store).ReadAsync("small"))!.Select(file => file.Sha256));
        Assert.Equal(s_weights, await _store.ReadAllBytesAsync(SharedModelPaths.File(Hash(s_weights))));
        Assert.Empty(await ListAsync(SharedModelPaths.Parts));
        Assert.Empty((await _parts.FindMissingAsync(upload)).Missing);
        Assert.Equal("small", (await _parts.CompleteAsync(upload)).Name);
    }

    [Fact]
    public async Task Complete_PartsMakeAnotherFile_IsRefusedAndForgetsThem()
    {
        var upload = Upload();
        await PutAsync(s_index, 0, s_index);
        await PutAsync(s_weights, 0, s_weights[..^5]);
        await PutAsync(s_weights, ModelUploadRules.PartBytes, [0, 0, 0, 0, 0]);

        var refused = await Assert.ThrowsAsync<OneShotException>(() => _parts.CompleteAsync(upload));

        Assert.Equal((ErrorCodes.InvalidInput, "files[1].sha256"), (refused.Detail.Code, refused.Detail.Field));
        Assert.Null(await new SharedModels(_store).ReadAsync("small"));
        Assert.Null(await _store.GetInfoAsync(SharedModelPaths.File(Hash(s_weights))));
        Assert.Equal([0, ModelUploadRules.PartBytes], Assert.Single((await _parts.FindMissingAsync(upload)).Missing).Offsets);
    }

    [Fact]
    public async Task Complete_APartOfAnotherLength_IsMissing()
    {
        await PutAsync(s_index, 0, s_index[..1]);

        Assert.Contains((await _parts.FindMissingAsync(Upload())).Missing, file => file.Sha256 == Hash(s_index) && file.Offsets.Length == 1);
    }

    [Fact]
    public async Task Complete_TheNameIsTaken_IsRefused()
    {
        var other = new ModelUpload { Name = "small", Files = [new JobFile("model_index.json", s_index.Length, Hash(s_index))] };
        await PutAsync(s_index, 0, s_index);
        await _parts.CompleteAsync(other);
        await PutAsync("[]"u8.ToArray(), 0, "[]"u8.ToArray());

        var refused = await Assert.ThrowsAsync<OneShotException>(() =>
            _parts.CompleteAsync(new ModelUpload { Name = "small", Files = [new JobFile("model_index.json", 2, Hash("[]"u8.ToArray()))] })
        );

        Assert.Equal((ErrorCodes.Conflict, "name"), (refused.Detail.Code, refused.Detail.Field));
    }

    public void Dispose() => _folder.Dispose();

    private static ModelUpload Upload() =>
        new()
        {
            Name = "small",
            Files =
            [
                new JobFile("model_index.json", s_index.Length, Hash(s_index)),
                new JobFile("unet/diffusion_pytorch_model.safetensors", s_weights.Length, Hash(s_weights)),
            ],
        };

    private Task PutAsync(byte[] file, long offset, byte[] part) => _parts.PutAsync(Hash(file), offset, new MemoryStream(part));

    private static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private async Task<List<string>> ListAsync(string prefix)
    {
        var paths = new List<string>();
        await foreach (var file in _store.ListAsync(prefix))
        {
            paths.Add(file.Path);
        }
        return paths;
    }
}
