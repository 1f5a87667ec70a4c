using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage.Azure;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Silo.Tests.Hosting;

public sealed class SiloStoreTests : IDisposable
{
    private const string Connection = "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net";
    private const string Blobs = "container oneshot, by a connection string";
    private readonly TestData _data = new();

    [Theory]
    [InlineData(false, null)]
    [InlineData(false, "files")]
    [InlineData(true, null)]
    public void Choose_NothingNamed_IsFilesInTheDataFolder(bool cluster, string? embedded) =>
        Assert.Equal(_data.Folder.Root, SiloStore.Choose(_data.Folder, cluster, name => name == SiloStore.EmbeddedVariable ? embedded : null).Folder);

    [Theory]
    [InlineData(false, null, null)]
    [InlineData(false, "files", null)]
    [InlineData(false, "blobs", Blobs)]
    [InlineData(true, null, Blobs)]
    public void Choose_BlobStorageInTheEnvironment_IsForClustersAndWhoAsksForIt(bool cluster, string? embedded, string? expected)
    {
        var location = Choose(cluster, (SiloStore.EmbeddedVariable, embedded), (AzureBlobLocation.ConnectionVariable, Connection));
        Assert.Equal(expected ?? $"folder {_data.Folder.Root}", location);
    }

    [Theory]
    [InlineData("file:///srv/oneshot", null, "folder /srv/oneshot")]
    [InlineData(" file:///srv/oneshot ", null, "folder /srv/oneshot")]
    [InlineData("azblob://acct/jobs/a", null, "container jobs, below a/, at https://acct.blob.core.windows.net/ by this machine's identity")]
    [InlineData("azblob://acct/jobs/a", Connection, "container jobs, below a/, by a connection string")]
    public void Choose_Address_IsThatStore(string address, string? connection, string expected) =>
        Assert.Equal(expected, Choose(true, (SiloStore.AddressVariable, address), (AzureBlobLocation.ConnectionVariable, connection)));

    [Theory]
    [InlineData("s3://bucket/a")]
    [InlineData("/srv/oneshot")]
    [InlineData("srv/oneshot")]
    [InlineData("file:")]
    public void Choose_AddressOfNoStore_IsRefused(string address)
    {
        var error = Assert.Throws<OneShotException>(() => Choose(true, (SiloStore.AddressVariable, address)));
        Assert.Equal((ErrorCodes.InvalidInput, "store"), (error.Detail.Code, error.Detail.Field));
        Assert.Equal("ONESHOT_STORE must be the address of a store: file:///FOLDER or azblob://ACCOUNT/CONTAINER/PREFIX.", error.Message);
    }

    [Fact]
    public void Choose_AddressInAProcessWithoutACluster_IsForWhoAsksForIt() =>
        Assert.Equal($"folder {_data.Folder.Root}", Choose(false, (SiloStore.AddressVariable, "azblob://acct/jobs")));

    public void Dispose() => _data.Dispose();

    private string? Choose(bool cluster, params (string Name, string? Value)[] variables) =>
        SiloStore.Choose(_data.Folder, cluster, name => variables.FirstOrDefault(variable => variable.Name == name).Value).ToString();
}
