using OrleansOneShot.Storage.Azure;

namespace OrleansOneShot.Storage.Tests.Azure;

public sealed class AzureBlobLocationTests : IDisposable
{
    private const string Secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0";
    private const string Connection = $"DefaultEndpointsProtocol=https;AccountName=acct;AccountKey={Secret};EndpointSuffix=core.windows.net";

    private readonly string _folder = Directory.CreateTempSubdirectory("oneshot-options-").FullName;

    [Fact]
    public void FromEnvironment_NothingThere_IsNone() => Assert.Null(AzureBlobLocation.FromEnvironment(_ => null));

    [Fact]
    public void Create_ConnectionInTheEnvironment_IsAzureAndShowsNoSecret()
    {
        var options = AzureBlobLocation.FromEnvironment(name =>
            name switch
            {
                "ONESHOT_BLOBS_CONNECTION" => Connection,
                "ONESHOT_BLOBS_CONTAINER" => "jobs",
                "ONESHOT_BLOBS_PREFIX" => "team/a",
                _ => null,
            }
        )!;
        var store = options.Open();
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
        var options = AzureBlobLocation.FromEnvironment(name => name == "ONESHOT_BLOBS_CONNECTION_FILE" ? file : null);
        Assert.Equal(Connection, options!.Options.ConnectionString);
        var missing = Assert.Throws<ArgumentException>(() =>
            AzureBlobLocation.FromEnvironment(name => name == "ONESHOT_BLOBS_CONNECTION_FILE" ? file + "x" : null)
        );
        Assert.StartsWith($"The file {file}x of ONESHOT_BLOBS_CONNECTION_FILE can't be read:", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FromEnvironment_TwoSources_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            AzureBlobLocation.FromEnvironment(name =>
                name switch
                {
                    "ONESHOT_BLOBS_CONNECTION" => Connection,
                    "ONESHOT_BLOBS_URI" => "https://acct.blob.core.windows.net",
                    _ => null,
                }
            )
        );
        Assert.Equal("Only one of ONESHOT_BLOBS_CONNECTION, ONESHOT_BLOBS_CONNECTION_FILE and ONESHOT_BLOBS_URI may be set.", error.Message);
    }

    [Fact]
    public void Create_ServiceAddress_IsAzureByIdentity()
    {
        var options = AzureBlobLocation.FromEnvironment(name => name == "ONESHOT_BLOBS_URI" ? "https://acct.blob.core.windows.net" : null);
        Assert.Equal("container oneshot, at https://acct.blob.core.windows.net/ by this machine's identity", options!.Open().ToString());
    }

    [Theory]
    [InlineData("http://acct.blob.core.windows.net")]
    [InlineData("https://acct.blob.core.windows.net/?sv=1&sig=c2VjcmV0")]
    [InlineData("https://me:secret@acct.blob.core.windows.net")]
    public void Create_ServiceAddressThatIsNotPlainHttps_IsRefusedWithoutShowingIt(string address)
    {
        var error = Assert.Throws<ArgumentException>(() => new AzureBlobLocation(new AzureBlobOptions { ServiceUri = new Uri(address) }).Open());
        Assert.Equal(
            "The address of the blob service must be https://HOST without a query or a password, such as https://account.blob.core.windows.net.",
            error.Message
        );
    }

    [Theory]
    [InlineData("nonsense" + Secret)]
    [InlineData("AccountKey=" + Secret)]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=not base64 " + Secret + "!;EndpointSuffix=core.windows.net")]
    public void Create_ConnectionThatCantBeRead_IsRefusedWithoutShowingIt(string connection)
    {
        var error = Assert.Throws<ArgumentException>(() => new AzureBlobLocation(new AzureBlobOptions { ConnectionString = connection }).Open());
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
        Assert.Throws<ArgumentException>(() => new AzureBlobLocation(new AzureBlobOptions()).Open());
        Assert.Throws<ArgumentException>(() =>
            new AzureBlobLocation(new AzureBlobOptions { ServiceUri = new Uri("https://acct.blob.core.windows.net"), ConnectionString = Connection }).Open()
        );
    }

    [Theory]
    [InlineData("azblob://acct/jobs", "container jobs, at https://acct.blob.core.windows.net/ by this machine's identity")]
    [InlineData("azblob://acct/jobs/", "container jobs, at https://acct.blob.core.windows.net/ by this machine's identity")]
    [InlineData("azblob://acct/jobs/team/a/", "container jobs, below team/a/, at https://acct.blob.core.windows.net/ by this machine's identity")]
    [InlineData("azblob://blobs.example.org:8443/jobs/a", "container jobs, below a/, at https://blobs.example.org:8443/ by this machine's identity")]
    public void Parse_AddressWithoutASecret_IsAzureByIdentity(string address, string shown)
    {
        var location = AzureBlobLocation.Parse(new Uri(address), _ => null);

        Assert.Equal((shown, null), (location.ToString(), location.Folder));
        Assert.Null(location.FileOf(StorePaths.Manifest("j1")));
        Assert.Equal(shown, location.Open().ToString());
    }

    [Theory]
    [InlineData("azblob://acct/jobs/a")]
    [InlineData("azblob://acct.blob.core.windows.net/jobs/a")]
    public void Parse_AddressOfTheConnectionsAccount_IsAzureByIt(string address)
    {
        var location = AzureBlobLocation.Parse(new Uri(address), name => name == AzureBlobLocation.ConnectionVariable ? Connection : null);
        Assert.Equal("container jobs, below a/, by a connection string", location.Open().ToString());
    }

    [Fact]
    public void Parse_AddressOfAnotherAccountThanTheConnections_IsRefused()
    {
        var location = AzureBlobLocation.Parse(new Uri("azblob://other/jobs"), name => name == AzureBlobLocation.ConnectionVariable ? Connection : null);
        Assert.Equal(
            "The store is to be in the account other, but the connection string is that of acct.",
            Assert.Throws<ArgumentException>(location.Open).Message
        );
    }

    [Theory]
    [InlineData("azblob://acct")]
    [InlineData("azblob://acct/")]
    [InlineData("azblob:///jobs")]
    [InlineData("azblob://me:secret@acct/jobs")]
    [InlineData("azblob://acct/jobs?sv=1&sig=secret")]
    [InlineData("azblob://acct/jobs#secret")]
    [InlineData("https://acct/secret")]
    public void Parse_OtherAddress_IsRefusedWithoutShowingIt(string address)
    {
        var error = Assert.Throws<ArgumentException>(() => AzureBlobLocation.Parse(new Uri(address), _ => null));
        Assert.Equal(
            "The address of a store in blob storage must be azblob://ACCOUNT/CONTAINER or azblob://ACCOUNT/CONTAINER/PREFIX, without a query or a password.",
            error.Message
        );
    }

    [Theory]
    [InlineData("ONESHOT_BLOBS_URI")]
    [InlineData("ONESHOT_BLOBS_CONTAINER")]
    [InlineData("ONESHOT_BLOBS_PREFIX")]
    public void Parse_VariableThatSaysTheSame_IsRefused(string variable)
    {
        var error = Assert.Throws<ArgumentException>(() => AzureBlobLocation.Parse(new Uri("azblob://acct/jobs"), name => name == variable ? "x" : null));
        Assert.Equal($"The store's address names its account, container and prefix; {variable} says so as well and must not be set.", error.Message);
    }

    [Fact]
    public void Parse_TwoConnections_IsRefused()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            AzureBlobLocation.Parse(
                new Uri("azblob://acct/jobs"),
                name => name.StartsWith("ONESHOT_BLOBS_CONNECTION", StringComparison.Ordinal) ? Connection : null
            )
        );
        Assert.Equal("Only one of ONESHOT_BLOBS_CONNECTION and ONESHOT_BLOBS_CONNECTION_FILE may be set.", error.Message);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static IArtifactStore Create(string container = "ok-1", string prefix = "", int blockBytes = 1 << 20) =>
        new AzureBlobLocation(
            new AzureBlobOptions
            {
                ConnectionString = Connection,
                Container = container,
                Prefix = prefix,
                BlockBytes = blockBytes,
            }
        ).Open();
}
