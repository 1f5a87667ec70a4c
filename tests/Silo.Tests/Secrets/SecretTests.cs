using Microsoft.Extensions.Logging;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Cluster.Redis;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Azure;
using OrleansOneShot.TestKit.Stores;
using StackExchange.Redis;

namespace OrleansOneShot.Silo.Tests.Secrets;

/// <summary>Secrets in the addresses of Redis, of hosts of models and of blob stores: neither messages nor logs nor exceptions show them.</summary>
public sealed class SecretTests
{
    private const string Secret = "s3cr3t";

    // Keys of blob stores are remembered, and hidden from then on: so they must not be those that the other tests look for.
    private const string BlobSecret = "b10bkey";
    private const string Key = "czNjcjN0LXMzY3IzdC1zM2NyM3Q="; // in base64, as keys of accounts are

    [Theory]
    [InlineData("redis://user:s3cr3t@host")]
    [InlineData("redis://:s3cr3t@host:6379")]
    [InlineData("redis://user:s3cr3t@host?password=s3cr3t")]
    [InlineData("user:s3cr3t@host:6379")]
    [InlineData("user%3As3cr3t%40host:6379")]
    [InlineData("host:6379,secret=s3cr3t")]
    [InlineData("host:6379,connectTimeout=s3cr3t")]
    [InlineData("host:6379,password=a,s3cr3t@b")]
    [InlineData("")]
    public async Task Connect_StringThatIsNone_IsRefusedWithoutRepeatingIt(string redis)
    {
        var error = await Assert.ThrowsAsync<OneShotException>(() =>
            ClusterClient.ConnectAsync(
                new ClusterClientOptions
                {
                    Redis = redis,
                    ClusterId = "a",
                    ServiceId = "b",
                },
                TestContext.Current.CancellationToken
            )
        );
        Assert.Equal((ErrorCodes.InvalidInput, "The connection string of Redis can't be read."), (error.Detail.Code, error.Detail.Message));
        Assert.DoesNotContain(Secret, error.ToString(), StringComparison.Ordinal);
        using var data = new TestData();
        var silo = await Assert.ThrowsAsync<OneShotException>(() =>
            ClusterSilo.StartAsync(new ClusterSiloOptions { Redis = redis, Data = data.Folder }, TestContext.Current.CancellationToken)
        );
        Assert.DoesNotContain(Secret, silo.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Refusal_OfRedis_ShowsNoPassword()
    {
        var options = ClusterRedis.Parse("host:6379,user=me,password=s3cr3t");
        var error = ClusterRedis.Refusal(options, new TimeoutException("redis://me:s3cr3t@host:6379 timed out"));
        Assert.Equal("Redis at host:6379 does not answer.", error.Detail.Message);
        Assert.DoesNotContain(Secret, error.Detail.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Name_EndpointThatIsNoHost_IsHidden()
    {
        var options = new ConfigurationOptions { EndPoints = { { "redis://:s3cr3t@host", 6379 }, { "host", 7000 } } };
        Assert.Equal("***:6379, host:7000", ClusterRedis.Name(options));
    }

    [Fact]
    public void BlobStore_KeyOfItsConnection_IsHiddenFromThenOn()
    {
        using var data = new TestData();
        _ = SiloStore.Choose(
            data.Folder,
            cluster: true,
            name => name == AzureBlobLocation.ConnectionVariable ? "BlobEndpoint=https://a;AccountName=a;AccountKey=a0untKey==" : null
        );
        _ = SiloStore.Choose(
            data.Folder,
            cluster: true,
            name => name == AzureBlobLocation.ConnectionVariable ? "BlobEndpoint=https://a;SharedAccessSignature=sv=1&sig=s1gnature&se=2" : null
        );
        Assert.Equal("*** and *** leaked.", new ErrorDetail(ErrorCodes.Failed, "a0untKey== and s1gnature leaked.").Message);
    }

    [Theory]
    [InlineData("http://user:s3cr3t@host")]
    [InlineData("https://s3cr3t@host/path")]
    [InlineData("https://host/?token=s3cr3t")]
    [InlineData("https://host/#s3cr3t")]
    [InlineData("http://user%3As3cr3t%40host")]
    [InlineData("http//user:s3cr3t@host")]
    [InlineData("ftp://user:s3cr3t@host")]
    public void HostOfModels_SecretInItsAddress_IsRefusedWithoutRepeatingIt(string address)
    {
        var error = Assert.Throws<InvalidInputException>(() => new ModelHost(new ModelPullOptions { Host = HostAddress.Read(_ => address)! }));
        Assert.DoesNotContain(Secret, error.Message + error.Hint, StringComparison.Ordinal);
        error = Assert.Throws<InvalidInputException>(() => new ModelHost(new ModelPullOptions { Host = HostAddress.Parse(address) }));
        Assert.DoesNotContain(Secret, error.Message + error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void HostToken_ReadFromTheEnvironment_IsHiddenFromThenOn()
    {
        Assert.Equal("hf_t0kenvalue", HostToken.Read(name => name == HostToken.Variable ? "hf_t0kenvalue" : null));
        Assert.Equal("The header was ***.", new ErrorDetail(ErrorCodes.Failed, "The header was hf_t0kenvalue.").Message);
    }

    [Theory]
    [InlineData(AzureBlobLocation.ServiceVariable, "https://user:b10bkey@account.blob.core.windows.net")]
    [InlineData(AzureBlobLocation.ServiceVariable, "https://account.blob.core.windows.net?sv=1&sig=b10bkey")]
    [InlineData(AzureBlobLocation.ServiceVariable, "https//user:b10bkey@host")]
    [InlineData(AzureBlobLocation.ServiceVariable, "http://user:b10bkey@host")]
    [InlineData(AzureBlobLocation.ConnectionVariable, "AccountKey=b10bkey")]
    [InlineData(AzureBlobLocation.ConnectionVariable, "https://user:b10bkey@host")]
    [InlineData(AzureBlobLocation.ConnectionVariable, "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=not*base64*b10bkey")]
    [InlineData(AzureBlobLocation.ConnectionVariable, "BlobEndpoint=b10bkey;SharedAccessSignature=sig=b10bkey")]
    [InlineData(AzureBlobLocation.ContainerVariable, "https://user:b10bkey@host")]
    [InlineData(SiloStore.AddressVariable, "azblob://user:b10bkey@account/container")]
    [InlineData(SiloStore.AddressVariable, "azblob://account/container?sig=b10bkey")]
    [InlineData(SiloStore.AddressVariable, "s3://b10bkey")]
    [InlineData(SiloStore.AddressVariable, "b10bkey")]
    public void BlobStore_SecretInAVariable_IsRefusedWithoutRepeatingIt(string variable, string value)
    {
        using var data = new TestData();
        var error = Assert.Throws<OneShotException>(() =>
            SiloStore.Open(
                SiloStore.Choose(
                    data.Folder,
                    cluster: true,
                    name =>
                        name == variable ? value
                        : name == AzureBlobLocation.ServiceVariable && variable == AzureBlobLocation.ContainerVariable ? "https://account.blob.core.windows.net"
                        : null
                )
            )
        );
        Assert.Equal(ErrorCodes.InvalidInput, error.Detail.Code);
        Assert.DoesNotContain(BlobSecret, error.Detail.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData($"BlobEndpoint=http://user:b10bkey@127.0.0.1:1/account;AccountName=account;AccountKey={Key}")]
    [InlineData("BlobEndpoint=http://127.0.0.1:1/account;SharedAccessSignature=sv=1&sig=b10bkey")]
    public async Task BlobStore_OutOfReach_ShowsNeitherPasswordNorKey(string connection)
    {
        var options = new AzureBlobLocation(
            new AzureBlobOptions
            {
                ConnectionString = connection,
                Retries = 0,
                ConnectTimeout = TimeSpan.FromSeconds(2),
            }
        );
        Assert.DoesNotContain(BlobSecret, options.ToString(), StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<ArtifactStoreException>(() => options.Open().CheckWritableAsync(TestContext.Current.CancellationToken));
        Assert.Contains("127.0.0.1:1/account", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(BlobSecret, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToString_AddressWithAUser_ShowsTheHostAlone() =>
        Assert.Equal(
            "container oneshot, at https://host/x by this machine's identity",
            new AzureBlobOptions { ServiceUri = new Uri("https://user:s3cr3t@host/x?sig=s3cr3t#s3cr3t") }.ToString()
        );

    [Fact]
    public void Log_SecretsOfLibraries_AreHidden()
    {
        using var data = new TestData();
        var path = data["logs/silo.log"];
        using (var provider = new FileLoggerProvider(path))
        {
            var logger = provider.CreateLogger("Library");
#pragma warning disable CA1848, CA2254 // A library's own message.
            logger.LogError(
                new InvalidOperationException("can't reach redis://user:s3cr3t@host", new IOException("AccountKey=s3cr3t")),
                "GET https://host/c?sv=1&sig=s3cr3t failed"
            );
#pragma warning restore CA1848, CA2254
        }

        var text = File.ReadAllText(path);
        Assert.Contains("redis://***@host", text, StringComparison.Ordinal);
        Assert.Contains("AccountKey=***", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
    }
}
