using Microsoft.Extensions.Logging.Abstractions;
using OrleansOneShot.Client.Models;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Azure;
using OrleansOneShot.TestKit.Servers;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Silo.Tests.Engine;

public sealed class SiloModelsAzuriteTests : IDisposable
{
    private readonly TestData _data = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task GetFolder_ConnectionsThatBreak_GoesOnWhereTheyBroke()
    {
        await using var azurite = await AzuriteServer.StartAsync();
        await using var proxy = new CuttingProxy(azurite.Port);
        var tiny = new ModelEntry("tiny", Repository.TinyModel, Shipped: false);
        var pushed = await ModelPush.RunAsync(Store(azurite.ConnectionString), tiny, "tiny", cancellationToken: Stop);
        var path = StoredModels.FilePath(Of(pushed, "unet/diffusion_pytorch_model.safetensors"));
        var passed = 0L;
        proxy.Cut = piece =>
        {
            if (piece.Up || !piece.Connection.Request.Contains(path, StringComparison.Ordinal))
            {
                return false;
            }

            Interlocked.Add(ref passed, piece.Bytes.Length);
            return piece.Connection.Down > 3_000_000;
        };

        var silo = new SiloModels(
            _data.Folder,
            new ModelCatalog(_data.Folder),
            Store(azurite.ConnectionTo(proxy.Port)),
            new ModelPullOptions { FirstDelay = TimeSpan.FromMilliseconds(5) },
            false,
            NullLogger<SiloModels>.Instance
        );
        var folder = await silo.GetFolderAsync("tiny", _ => { }, Stop);

        Assert.Equal(ModelFolder.Open(Repository.TinyModel).Hash(), ModelFolder.Open(folder).Hash());
        Assert.True(proxy.Cuts > 1);
        Assert.True(passed < 2 * Of(pushed, "unet/diffusion_pytorch_model.safetensors").Bytes); // not again from the start each time
    }

    public void Dispose() => _data.Dispose();

    private static HostFile Of(SentModel model, string path)
    {
        var file = model.Files.Single(file => file.Path == path);
        return new HostFile(file.Path, file.Bytes, file.Sha256, null);
    }

    private static IArtifactStore Store(string connection) =>
        new AzureBlobLocation(
            new AzureBlobOptions
            {
                ConnectionString = connection,
                Container = "models",
                BlockBytes = 256 * 1024,
                Retries = 4,
                FirstDelay = TimeSpan.FromMilliseconds(5),
                LongestDelay = TimeSpan.FromMilliseconds(50),
            }
        ).Open();
}
