using OrleansOneShot.Storage.Azure;
using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Storage.Tests;

public sealed class ArtifactStoreOptionsTests : IDisposable
{
    private const string Secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0";
    private const string Connection = $"DefaultEndpointsProtocol=https;AccountName=acct;AccountKey={Secret};EndpointSuffix=core.windows.net";

    private readonly string _folder = Directory.CreateTempSubdirectory("oneshot-options-").FullName;

    [Fact]
    public void Create_NothingInTheEnvironment_IsFiles()
    {
        var store = ArtifactStores.Create(ArtifactStoreOptions.FromEnvironment(_folder, _ => null));
        Assert.IsType<FileArtifactStore>(store);
        Assert.Equal("files", store.Kind);
    }

    [Fact]
    public void Create_ConnectionInTheEnvironment_IsAzureAndShowsNoSecret()
    {
        var options = ArtifactStoreOptions.FromEnvironment(_folder, name => name switch
        {
            "ONESHOT_BLOBS_CONNECTION" => Connection,
            "ONESHOT_BLOBS_CONTAINER" => "jobs",
            "ONESHOT_BLOBS_PREFIX" => "team/a",
            _ => null,
        });
        var store = ArtifactStores.Create(options);
        Assert.Equal("azure", store.Kind);
        Assert.Equal("container jobs, below team/a/, by a connection string", store.ToString());
        Assert.Equal(store.ToString(), options.ToString());
        Assert.DoesNotContain(Secret, System.Text.Json.JsonSerializer.Serialize(options), StringComparison.Ordinal);
    }

    [Fact]
    public void FromEnvironment_FileOfAConnection_IsRead()
    {
        var file = Path.Combine(_folder, "secret");
        File.WriteAllText(file, Connection + "\n");
        var options = ArtifactStoreOptions.FromEnvironment(_folder, name => name == "ONESHOT_BLOBS_CONNECTION_FILE" ? file : null);
        Assert.Equal(Connection, options.Azure!.ConnectionString);
        var missing = Assert.Throws<ArgumentException>(() => ArtifactStoreOptions.FromEnvironment(_folder, name => name == "ONESHOT_BLOBS_CONNECTION_FILE" ? file + "x" : null));
        Assert.StartsWith($"The file {file}x of ONESHOT_BLOBS_CONNECTION_FILE can't be read:", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromEnvironment_TwoSources_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => ArtifactStoreOptions.FromEnvironment(_folder, name => name switch
        {
            "ONESHOT_BLOBS_CONNECTION" => Connection,
            "ONESHOT_BLOBS_URI" => "https://acct.blob.core.windows.net",
            _ => null,
        }));
        Assert.Equal("Only one of ONESHOT_BLOBS_CONNECTION, ONESHOT_BLOBS_CONNECTION_FILE and ONESHOT_BLOBS_URI may be set.", error.Message);
    }

    [Fact]
    public void Create_ServiceAddress_IsAzureByIdentity()
    {
        var options = ArtifactStoreOptions.FromEnvironment(_folder, name => name == "ONESHOT_BLOBS_URI" ? "https://acct.blob.core.windows.net" : null);
        Assert.Equal("container oneshot, at https://acct.blob.core.windows.net/ by this machine's identity", ArtifactStores.Create(options).ToString());
    }

    [Theory]
    [InlineData("http://acct.blob.core.windows.net")]
    [InlineData("https://acct.blob.core.windows.net/?sv=1&sig=c2VjcmV0")]
    [InlineData("https://me:secret@acct.blob.core.windows.net")]
    public void Create_ServiceAddressThatIsNotPlainHttps_IsRefusedWithoutShowingIt(string address)
    {
        var error = Assert.Throws<ArgumentException>(() => ArtifactStores.Create(new ArtifactStoreOptions { Azure = new AzureBlobOptions { ServiceUri = new Uri(address) } }));
        Assert.Equal("The address of the blob service must be https://HOST without a query or a password, such as https://account.blob.core.windows.net.", error.Message);
    }

    [Theory]
    [InlineData("nonsense" + Secret)]
    [InlineData("AccountKey=" + Secret)]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=not base64 " + Secret + "!;EndpointSuffix=core.windows.net")]
    public void Create_ConnectionThatCantBeRead_IsRefusedWithoutShowingIt(string connection)
    {
        var error = Assert.Throws<ArgumentException>(() => ArtifactStores.Create(new ArtifactStoreOptions { Azure = new AzureBlobOptions { ConnectionString = connection } }));
        Assert.StartsWith("The connection string of the blob storage can't be read:", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPPER")]
    [InlineData("a")]
    [InlineData("a--b")]
    [InlineData("-ab")]
    [InlineData("../x")]
    public void Create_BadContainer_IsRefused(string container)
    {
        var error = Assert.Throws<ArgumentException>(() => Create(container: container));
        Assert.StartsWith($"'{container}' can't be a container:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_BadOptions_AreRefusedByName()
    {
        Assert.Throws<ArgumentException>(() => Create(prefix: "../x"));
        Assert.Throws<ArgumentException>(() => Create(prefix: new string('a', 101)));
        Assert.Equal("BlockBytes of blob storage is 1; 64 KiB to 100 MiB is allowed.", Assert.Throws<ArgumentException>(() => Create(blockBytes: 1)).Message);
        Assert.Throws<ArgumentException>(() => ArtifactStores.Create(new ArtifactStoreOptions()));
        Assert.Throws<ArgumentException>(() => ArtifactStores.Create(new ArtifactStoreOptions { Folder = _folder, Azure = new AzureBlobOptions { ConnectionString = Connection } }));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static IArtifactStore Create(string container = "ok-1", string prefix = "", int blockBytes = 1 << 20) => ArtifactStores.Create(new ArtifactStoreOptions
    {
        Azure = new AzureBlobOptions { ConnectionString = Connection, Container = container, Prefix = prefix, BlockBytes = blockBytes },
    });
}
