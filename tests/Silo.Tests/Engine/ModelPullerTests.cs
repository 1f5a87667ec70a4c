using OrleansOneShot.Common;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Silo.Engine;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;
using OrleansOneShot.TestKit.Hub;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.Silo.Tests.Engine;

/// <summary>What a silo pulls for callers, from a host of this machine that its operator has named.</summary>
public sealed class ModelPullerTests : IDisposable
{
    private readonly TestData _data = new();
    private readonly FileArtifactStore _store;

    public ModelPullerTests() => _store = new FileArtifactStore(_data["store"]);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Pull_AModelOfTheHost_LiesHereAndInTheStore()
    {
        await using var host = await TestHost.StartAsync(Repository.TinyModel);
        var told = new List<TransferProgress>();

        await Puller(host, "toys/*").PullAsync("mine", Tiny(host), new Told(told), Stop);

        var folder = new ModelCatalog(_data.Folder).GetFolder("mine");
        Assert.Equal(ModelFolder.Open(Repository.TinyModel).Hash(), ModelFolder.Open(folder).Hash());
        var shared = await new SharedModels(_store).ReadAsync("mine", Stop);
        Assert.Equal(told.Max(progress => progress.Bytes), shared!.Sum(file => file.Bytes));
        Assert.All(told, progress => Assert.Equal(shared!.Sum(file => file.Bytes), progress.Total));
        host.ForgetSent();
        // Once more: a silo may have died before it could say that all is there.
        await Puller(host, "toys/*").PullAsync("mine", Tiny(host), new Told(told), Stop);
        Assert.Equal(0, host.Sent);
    }

    [Fact]
    public async Task Pull_OfASiloThatIsAlone_LiesHereAlone()
    {
        await using var host = await TestHost.StartAsync(Repository.TinyModel);

        await new ModelPuller(_data.Folder, shared: null, OptionsOf(host), ["*"]).PullAsync("tiny", Tiny(host), new Told([]), Stop);

        Assert.NotNull(new ModelCatalog(_data.Folder).GetFolder("tiny"));
        Assert.Null(await new SharedModels(_store).ReadAsync("tiny", Stop));
    }

    [Theory]
    [InlineData("*", true)]
    [InlineData("toys/*", true)]
    [InlineData("toys/tiny", true)]
    [InlineData("*/tiny", true)]
    [InlineData("toys/ti", false)]
    [InlineData("Toys/*", false)]
    [InlineData("toy", false)]
    [InlineData("other/*", false)]
    public async Task Require_Patterns_AllowWhatTheyFit(string pattern, bool isAllowed)
    {
        await using var host = await TestHost.StartAsync();
        var puller = Puller(host, "none/*", pattern);

        var refused = Record.Exception(() => puller.Require("tiny", Tiny(host)));

        Assert.Equal(isAllowed ? null : ErrorCodes.Forbidden, (refused as OneShotException)?.Code);
    }

    [Theory]
    [InlineData("http://127.0.0.1/x", "main", "tiny", "repository")]
    [InlineData("//evil.example/x", "main", "tiny", "repository")]
    [InlineData("a/b/c", "main", "tiny", "repository")]
    [InlineData("toys/..", "main", "tiny", "repository")]
    [InlineData("toys/tiny?x=", "main", "tiny", "repository")]
    [InlineData("toys/tiny", "../../x", "tiny", "revision")]
    [InlineData("toys/tiny", "main", "../tiny", "name")]
    [InlineData("toys/tiny", "main", "", "name")]
    public async Task Require_WhatWouldLeadElsewhere_IsRefusedWithoutACall(string repository, string revision, string name, string field)
    {
        await using var host = await TestHost.StartAsync();
        var wanted = new ModelPullRequest { Repository = repository, Revision = revision };

        var error = await Assert.ThrowsAsync<OneShotException>(() => Puller(host, "*").PullAsync(name, wanted, new Told([]), Stop));

        Assert.Equal((ErrorCodes.InvalidInput, field), (error.Code, error.Detail.Field));
        Assert.Empty(host.Requests);
    }

    [Fact]
    public async Task Pull_OfWhatTheHostLacks_SaysSoInTheWordsOfTheCall()
    {
        await using var host = await TestHost.StartAsync(Repository.TinyModel);

        var error = await Assert.ThrowsAsync<OneShotException>(() =>
            Puller(host, "*").PullAsync("none", new ModelPullRequest { Repository = "toys/none" }, new Told([]), Stop)
        );

        Assert.Equal((ErrorCodes.NotFound, "repository", "Check repository and revision."), (error.Code, error.Detail.Field, error.Detail.Hint));
        Assert.DoesNotContain("--", error.Message + error.Detail.Hint, StringComparison.Ordinal);
    }

    private static ModelPullRequest Tiny(TestHost host) => new() { Repository = host.Repository };

    private static ModelPullOptions OptionsOf(TestHost host) => new() { Host = host.Address, Retries = 0 };

    private ModelPuller Puller(TestHost host, params string[] allowed) => new(_data.Folder, _store, OptionsOf(host), [.. allowed]);

    private sealed class Told(List<TransferProgress> all) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value)
        {
            lock (all)
            {
                all.Add(value);
            }
        }
    }
}
