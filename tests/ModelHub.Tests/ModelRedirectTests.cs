using System.Net;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.TestKit.Hub;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.ModelHub.Tests;

/// <summary>Where a host of models may send this machine. All hosts here are of the loopback, which the one that was named may be and no other.</summary>
public sealed class ModelRedirectTests : IDisposable
{
    private const string Weights = "unet/diffusion_pytorch_model.safetensors";

    private readonly TestData _data = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")] // only known when it is looked up
    [InlineData("[::ffff:127.0.0.1]")]
    public async Task RunAsync_RedirectToAPrivateAddress_AsksNothingThere(string name)
    {
        await using var host = await TestHost.StartAsync(Repository.TinyModel);
        await using var other = await TestHost.StartAsync(Repository.TinyModel);
        host.Files[Weights].RedirectsTo = $"http://{name}:{other.Address.Port}/toys/tiny/resolve/main/{Weights}";

        var error = await Assert.ThrowsAsync<OneShotException>(() => PullAsync(host));

        Assert.Equal((ErrorCodes.Failed, "base-url"), (error.Detail.Code, error.Detail.Field));
        Assert.StartsWith($"{host.Address.Authority} redirects to {name}:{other.Address.Port}", error.Detail.Message, StringComparison.Ordinal);
        Assert.Contains("not a public address", error.Detail.Message, StringComparison.Ordinal);
        Assert.Empty(other.Requests);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://[fe80::1]/")]
    [InlineData("http://0.0.0.0/")]
    [InlineData("http://2130706433/")] // 127.0.0.1, written as one number
    [InlineData("http://0x7f.1/")]
    public async Task RunAsync_RedirectToALiteralAddress_IsRefusedBeforeItIsTried(string location)
    {
        await using var host = await TestHost.StartAsync(Repository.TinyModel);
        host.Files[Weights].RedirectsTo = location;

        Assert.Contains("not a public address", (await Assert.ThrowsAsync<OneShotException>(() => PullAsync(host))).Detail.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_AName_IsJudgedByTheAddressesThatWouldBeConnectedTo()
    {
        await using var host = await TestHost.StartAsync(Repository.TinyModel);
        await using var other = await TestHost.StartAsync(Repository.TinyModel);
        host.Files[Weights].RedirectsTo = $"http://localhost:{other.Address.Port}/toys/tiny/resolve/main/{Weights}";
        var asked = new List<IPAddress>();

        await Assert.ThrowsAsync<OneShotException>(() =>
            PullAsync(
                host,
                options =>
                    options with
                    {
                        IsOffLimits = address =>
                        {
                            lock (asked)
                            {
                                asked.Add(address);
                            }

                            return true;
                        },
                    }
            )
        );

        Assert.NotEmpty(asked);
        Assert.All(asked, address => Assert.True(IPAddress.IsLoopback(address)));
        Assert.Empty(other.Requests);
    }

    [Fact]
    public async Task RunAsync_RedirectWithinThePrivateHostItself_IsFollowed()
    {
        await using var host = await TestHost.StartAsync(Repository.TinyModel);
        host.Files["moved"] = new HostedFile(host.Files[Weights].Bytes);
        host.Files[Weights].RedirectsTo = "/toys/tiny/resolve/main/moved";

        var pulled = await PullAsync(host);

        Assert.Contains(pulled.Files, file => file.Path == Weights);
    }

    [Theory]
    [InlineData("https://models.example/a", "http://models.example/a")]
    [InlineData("https://models.example/a", "http://other.example/a")]
    [InlineData("https://models.example/a", "file:///etc/passwd")]
    [InlineData("http://models.example/a", "ftp://other.example/a")]
    [InlineData("https://models.example/a", "https://10.0.0.1/a")]
    public void Next_ToWhereNobodyMayBeSent_IsRefused(string from, string location)
    {
        using var host = new ModelHost(new ModelPullOptions { Host = new Uri("https://models.example") });
        Assert.Equal(ErrorCodes.Failed, Assert.Throws<OneShotException>(() => host.Next(new Uri(from), new Uri(location))).Detail.Code);
    }

    [Theory]
    [InlineData("https://models.example/a", "https://cdn.example/b", "https://cdn.example/b")]
    [InlineData("http://models.example/a", "http://cdn.example/b", "http://cdn.example/b")]
    [InlineData("http://models.example/a", "https://cdn.example/b", "https://cdn.example/b")]
    [InlineData("https://models.example/a", "/b", "https://models.example/b")]
    public void Next_ToAnotherPublicPlace_IsFollowed(string from, string location, string expected)
    {
        using var host = new ModelHost(new ModelPullOptions { Host = new Uri("https://models.example") });
        Assert.Equal(new Uri(expected), host.Next(new Uri(from), new Uri(location, UriKind.RelativeOrAbsolute)));
    }

    public void Dispose() => _data.Dispose();

    private Task<PulledModel> PullAsync(TestHost host, Func<ModelPullOptions, ModelPullOptions>? change = null)
    {
        var options = new ModelPullOptions
        {
            Host = host.Address,
            FirstDelay = TimeSpan.FromMilliseconds(1),
            Retries = 2,
        };
        return ModelPull.RunAsync(_data.Folder, host.Repository, change?.Invoke(options) ?? options, cancellationToken: Stop);
    }
}
