using System.Net;
using System.Net.Sockets;
using OrleansOneShot.Storage.Azure;
using OrleansOneShot.Storage.Tests.Support;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.Storage.Tests.Azure;

/// <summary>What people read when Blob Storage does not do as asked, over a real Azurite.</summary>
public sealed class AzureBlobErrorTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    [Fact]
    public async Task EveryCall_ServerStoppedThenBack_FailsClearlyAndWorksAgain()
    {
        await using var server = await AzuriteServer.StartAsync();
        var store = new AzureBlobArtifactStore(azurite.NewOptions(server.ConnectionString));
        await store.WriteAsync("kept", new MemoryStream([1, 2, 3]));
        await using var stream = await store.OpenReadAsync("kept");
        await server.StopAsync();
        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => store.WriteAsync("x", new MemoryStream([1])));
        Assert.Equal(ArtifactStoreFault.Unreachable, error.Fault);
        Assert.Matches(
            @"^The artifact store http://127\.0\.0\.1:\d+/oneshottest/test-\w+ can't be reached \(writing x\)\. Check its address and the network, then try again\.$",
            error.Message
        );
        Assert.DoesNotContain(server.Key, error.ToString(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArtifactStoreException>(() => store.AppendAsync("log", new byte[1], 0));
        await Assert.ThrowsAsync<ArtifactStoreException>(() => store.OpenReadAsync("kept"));
        await Assert.ThrowsAsync<ArtifactStoreException>(() => store.DeleteAsync("kept"));
        await server.RunAsync();
        Assert.Equal([1, 2, 3], await store.ReadAllBytesAsync("kept"));
        await store.CheckWritableAsync();
    }

    [Fact]
    public async Task EveryCall_ServerNeverAnswers_IsTimedOut()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var store = new AzureBlobArtifactStore(
            new AzureBlobOptions
            {
                ConnectionString = azurite.Server.ConnectionTo(((IPEndPoint)silent.LocalEndpoint).Port),
                Retries = 1,
                FirstDelay = TimeSpan.FromMilliseconds(5),
                RequestTimeout = TimeSpan.FromMilliseconds(200),
            }
        );
        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => store.GetInfoAsync("x"));
        Assert.Equal(ArtifactStoreFault.Unreachable, error.Fault);
        using var stop = new CancellationTokenSource();
        var call = store.GetInfoAsync("x", stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task CheckWritableAsync_WrongKey_SaysThatItIsNotAllowed()
    {
        var wrong = azurite.Server.ConnectionString.Replace(azurite.Server.Key, Convert.ToBase64String(new byte[64]), StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => new AzureBlobArtifactStore(azurite.NewOptions(wrong)).CheckWritableAsync());
        Assert.Equal(ArtifactStoreFault.Denied, error.Fault);
        Assert.Contains("does not allow writing checks/", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(new byte[64]), error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task CheckWritableAsync_SignatureThatMayOnlyRead_SaysThatItIsNotAllowed()
    {
        var options = azurite.NewOptions();
        await new AzureBlobArtifactStore(options).WriteAsync("there", new MemoryStream([5]));
        var reader = new AzureBlobArtifactStore(azurite.NewOptions(ReadOnly(options.Container), options.Container));
        Assert.Equal([5], await reader.ReadAllBytesAsync("there"));
        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => reader.CheckWritableAsync());
        Assert.Equal(ArtifactStoreFault.Denied, error.Fault);
        Assert.DoesNotContain("sig=", error.ToString(), StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArtifactStoreException>(() => reader.DeleteAsync("there"));
        await Assert.ThrowsAsync<ArtifactStoreException>(() => reader.AppendAsync("log", new byte[1], 0));
    }

    [Fact]
    public async Task EveryCall_ContainerMissingAndMayNotBeCreated_SaysSo()
    {
        var container = $"test-{Guid.NewGuid():N}";
        var reader = new AzureBlobArtifactStore(azurite.NewOptions(ReadOnly(container), container));
        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => reader.ReadAllBytesAsync("there"));
        Assert.Equal(ArtifactStoreFault.Missing, error.Fault);
        Assert.Contains($"/{container} of the artifact store does not exist", error.Message, StringComparison.Ordinal);
        Assert.Equal(ArtifactStoreFault.Missing, (await Assert.ThrowsAsync<ArtifactStoreException>(() => reader.GetInfoAsync("there"))).Fault);
    }

    [Fact]
    public async Task ListAsync_MoreThanAPage_GivesAll()
    {
        var store = new AzureBlobArtifactStore(azurite.NewOptions(pageSize: 2));
        foreach (var name in "abcde")
        {
            await store.WriteAsync($"pages/{name}", new MemoryStream([1]));
        }
        var paths = new List<string>();
        await foreach (var info in store.ListAsync("pages/"))
        {
            paths.Add(info.Path);
        }
        Assert.Equal(["pages/a", "pages/b", "pages/c", "pages/d", "pages/e"], paths);
        Assert.Equal(5, await store.DeletePrefixAsync("pages/"));
    }

    // A connection string whose signature may read and list, no more.
    private string ReadOnly(string container)
    {
        var service = new global::Azure.Storage.Blobs.BlobContainerClient(azurite.Server.ConnectionString, container);
        var signed = service.GenerateSasUri(
            global::Azure.Storage.Sas.BlobContainerSasPermissions.Read | global::Azure.Storage.Sas.BlobContainerSasPermissions.List,
            DateTimeOffset.UtcNow.AddHours(1)
        );
        return $"BlobEndpoint=http://127.0.0.1:{azurite.Server.Port}/oneshottest;SharedAccessSignature={signed.Query[1..]}";
    }
}
