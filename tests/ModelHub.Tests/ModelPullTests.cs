using System.Text;
using System.Text.Json.Nodes;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.TestKit.Hub;
using OrleansOneShot.TestKit.Stores;

namespace OrleansOneShot.ModelHub.Tests;

public sealed class ModelPullTests : IDisposable
{
    private const string Weights = "unet/diffusion_pytorch_model.safetensors";
    private static readonly string s_tiny = Repository.TinyModel;
    private readonly TestData _data = new();

    [Fact]
    public async Task RunAsync_BaseModel_IsFoundByItsNameAndEqualsTheOriginal()
    {
        await using var host = await TestHost.StartAsync(s_tiny);
        host.PageSize = 3; // the listing comes in pages
        foreach (
            var unwanted in (string[])
                [
                    "unet/diffusion_pytorch_model.bin",
                    "unet/flax_model.msgpack",
                    "safety_checker/model.safetensors",
                    "v1-5.ckpt",
                    "setup.py",
                    "unet/diffusion_pytorch_model.fp16.safetensors",
                ]
        )
        {
            host.Files[unwanted] = new HostedFile(Encoding.UTF8.GetBytes(unwanted));
        }

        var model = await PullAsync(host);

        Assert.Equal("tiny", model.Entry.Name);
        Assert.Equal(model.Entry, new ModelCatalog(_data.Folder).Find("tiny"));
        Assert.Equal(ModelFolder.Open(s_tiny).Hash(), ModelFolder.Open(model.Entry.Folder).Hash());
        Assert.All(
            model.Files,
            file => Assert.Equal(File.ReadAllBytes(Path.Combine(s_tiny, file.Path)), File.ReadAllBytes(Path.Combine(model.Entry.Folder, file.Path)))
        );
        Assert.DoesNotContain(
            host.Requests,
            request =>
                request.Path.Contains("flax", StringComparison.Ordinal)
                || request.Path.Contains("fp16", StringComparison.Ordinal)
                || request.Path.Contains("safety", StringComparison.Ordinal)
                || request.Path.EndsWith(".bin", StringComparison.Ordinal)
                || request.Path.EndsWith(".ckpt", StringComparison.Ordinal)
                || request.Path.EndsWith(".py", StringComparison.Ordinal)
        );
        Assert.Equal(model.Files.Sum(file => file.Bytes), host.Sent);
    }

    [Fact]
    public async Task RunAsync_ASecondTime_AsksNobody()
    {
        await using var host = await TestHost.StartAsync(s_tiny);
        await PullAsync(host);
        host.Requests.Clear();

        Assert.Equal(0, (await PullAsync(host)).Fetched);

        Assert.Empty(host.Requests);
        host.Files["x"] = new HostedFile([1]);
        Assert.Equal(
            ErrorCodes.Conflict,
            (await Assert.ThrowsAsync<OneShotException>(() => PullAsync(host, options => options with { Revision = "other" }))).Detail.Code
        );
    }

    [Fact]
    public async Task RunAsync_Clip_IsFoundAsOne()
    {
        await using var host = await TestHost.StartAsync(Path.Combine(s_tiny, "clip"));

        var model = await PullAsync(host, options => options with { Name = "eyes" });

        Assert.Equal(ModelKind.Clip, model.Entry.Kind);
        Assert.Equal(model.Entry, new ModelCatalog(_data.Folder).Find("eyes", "clip"));
        Assert.NotNull(ModelFolder.Open(s_tiny, model.Entry.Folder).Clip);
    }

    [Fact]
    public async Task RunAsync_ConnectionsThatBreak_GoesOnFromWhereTheyBroke()
    {
        await using var host = await TestHost.StartAsync(s_tiny);
        var unet = host.Files[Weights];
        unet.BreaksAfter = unet.Bytes.Length / 20; // more breaks than retries: each brings something

        var model = await PullAsync(host, options => options with { Retries = 2 });

        Assert.Equal(unet.Bytes, await File.ReadAllBytesAsync(Path.Combine(model.Entry.Folder, Weights)));
        // What the kernel drops with a broken connection is sent again, no more.
        Assert.InRange(host.SentOf(Weights), unet.Bytes.Length, unet.Bytes.Length * 3L);
        Assert.Contains(host.Requests, request => request.Range is not null);
    }

    [Fact]
    public async Task RunAsync_AfterACancelledRun_FetchesOnlyTheRest()
    {
        await using var host = await TestHost.StartAsync(s_tiny);
        var total = host.Files[Weights].Bytes.Length;
        var gathered = Path.Combine(_data.Folder.ModelFolders, ".arriving", "tiny");
        await CancelHalfwayAsync(host);
        var there = Directory
            .EnumerateFiles(gathered, "*", SearchOption.AllDirectories)
            .Where(path => !path.EndsWith(".partial.json", StringComparison.Ordinal))
            .Sum(path => new FileInfo(path).Length);
        Assert.True(there > total / 2);
        Assert.DoesNotContain(new ModelCatalog(_data.Folder).List(), entry => entry.Name == "tiny");
        host.ForgetSent();

        var model = await PullAsync(host);

        var all = model.Files.Sum(file => file.Bytes);
        Assert.Equal(all - there, model.Fetched);
        Assert.Equal(all - there, host.Sent);
        Assert.Equal(host.Files[Weights].Bytes, await File.ReadAllBytesAsync(Path.Combine(model.Entry.Folder, Weights)));
        Assert.False(Directory.Exists(gathered));
    }

    [Fact]
    public async Task RunAsync_PartOfAnOlderVersion_IsThrownAway()
    {
        await using var host = await TestHost.StartAsync(s_tiny);
        var unet = host.Files[Weights];
        var now = unet.Bytes;
        unet.Bytes = [.. now.Reverse()];
        await CancelHalfwayAsync(host);
        unet.Bytes = now;

        var model = await PullAsync(host);

        Assert.Equal(now, await File.ReadAllBytesAsync(Path.Combine(model.Entry.Folder, Weights)));
    }

    [Theory]
    [InlineData(Weights)]
    [InlineData("unet/config.json")]
    public async Task RunAsync_AHashThatIsALie_IsRefusedAndNothingIsKept(string path)
    {
        await using var host = await TestHost.StartAsync(s_tiny);
        host.Files[path].StatedHash = new string('a', host.Files[path].IsLarge ? 64 : 40);

        var error = await Assert.ThrowsAsync<OneShotException>(() => PullAsync(host));

        Assert.Equal((ErrorCodes.Failed, path), (error.Detail.Code, error.Detail.Field));
        Assert.DoesNotContain(
            Directory.EnumerateFiles(_data.Folder.ModelFolders, Path.GetFileName(path) + "*", SearchOption.AllDirectories),
            found => found.Contains("unet", StringComparison.Ordinal)
        );
        Assert.False(Directory.Exists(Path.Combine(_data.Folder.ModelFolders, "tiny")));
    }

    [Fact]
    public async Task RunAsync_ABusyHost_IsAskedAgain()
    {
        await using var host = await TestHost.StartAsync(s_tiny);
        foreach (var status in (int[])[429, 503, 500])
        {
            host.Files[Weights].Statuses.Enqueue(status);
        }

        await PullAsync(host);

        Assert.Equal(4, host.Requests.Count(request => request.Path.EndsWith(Weights, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task RunAsync_AHostThatStaysBusy_IsUnavailable()
    {
        await using var host = await TestHost.StartAsync(s_tiny);
        for (var i = 0; i < 20; i++)
        {
            host.Files[Weights].Statuses.Enqueue(503);
        }

        Assert.Equal(ErrorCodes.Unavailable, (await Assert.ThrowsAsync<OneShotException>(() => PullAsync(host))).Detail.Code);
    }

    [Fact]
    public async Task RunAsync_RedirectToAnotherHost_KeepsTheTokenToItself()
    {
        await using var host = await TestHost.StartAsync(s_tiny);
        await using var other = await TestHost.StartAsync(s_tiny);
        host.Files[Weights].RedirectsTo = $"{other.Address}toys/tiny/resolve/main/{Weights}";

        await PullAsync(host, options => options with { Token = "secret", IsOffLimits = _ => false });

        Assert.All(host.Requests, request => Assert.Equal("Bearer secret", request.Authorization));
        Assert.Null(Assert.Single(other.Requests).Authorization);
    }

    [Fact]
    public async Task RunAsync_RedirectsWithoutEnd_AreGivenUp()
    {
        await using var host = await TestHost.StartAsync(s_tiny);
        host.Files[Weights].RedirectsTo = $"{host.Address}toys/tiny/resolve/main/{Weights}";

        Assert.Equal(ErrorCodes.Failed, (await Assert.ThrowsAsync<OneShotException>(() => PullAsync(host))).Detail.Code);
    }

    [Theory]
    [InlineData("../../evil.json")]
    [InlineData("/etc/evil.json")]
    [InlineData("unet/../../evil.json")]
    [InlineData("unet\\..\\evil.json")]
    [InlineData("C:/evil.json")]
    public async Task RunAsync_APathThatLeavesTheFolder_RefusesTheWholeListing(string path)
    {
        await using var host = await TestHost.StartAsync(s_tiny);
        host.Extra.Add(
            new JsonObject
            {
                ["type"] = "file",
                ["path"] = path,
                ["size"] = 2,
                ["oid"] = new string('a', 40),
            }
        );

        await Assert.ThrowsAsync<OneShotException>(() => PullAsync(host));

        Assert.DoesNotContain(host.Requests, request => request.Path.Contains("resolve", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RunAsync_AFileBeyondTheLimit_IsRefusedBeforeAnyByte()
    {
        await using var host = await TestHost.StartAsync(s_tiny);
        host.Files[Weights].StatedBytes = 1L << 40;

        var error = await Assert.ThrowsAsync<OneShotException>(() => PullAsync(host));

        Assert.Equal(ErrorCodes.Limit, error.Detail.Code);
        Assert.Equal(0, host.Sent);
    }

    [Fact]
    public async Task RunAsync_MoreBytesThanStated_AreNotTaken()
    {
        await using var host = await TestHost.StartAsync(s_tiny);
        host.Files[Weights].StatedBytes = 100_000;

        var error = await Assert.ThrowsAsync<OneShotException>(() => PullAsync(host));

        Assert.Equal((ErrorCodes.Failed, Weights), (error.Detail.Code, error.Detail.Field));
    }

    [Fact]
    public async Task RunAsync_PicklesAlone_AreNamedAndNotFetched()
    {
        await using var host = await TestHost.StartAsync(s_tiny);
        host.Files.Remove(Weights, out var unet);
        host.Files["unet/diffusion_pytorch_model.bin"] = unet!;

        Assert.Contains("pickle", (await Assert.ThrowsAsync<InvalidInputException>(() => PullAsync(host))).Message, StringComparison.Ordinal);
        Assert.Equal(0, host.Sent);
    }

    [Fact]
    public async Task RunAsync_NoSuchRepository_IsNotFound()
    {
        await using var host = await TestHost.StartAsync(s_tiny);

        Assert.Equal(
            ErrorCodes.NotFound,
            (await Assert.ThrowsAsync<OneShotException>(() => ModelPull.RunAsync(_data.Folder, "toys/other", OptionsOf(host)))).Detail.Code
        );
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("a/b/c")]
    [InlineData("")]
    [InlineData("a b")]
    public async Task RunAsync_ARepositoryThatIsNone_IsRefused(string repository) =>
        Assert.Equal(
            "repo",
            (await Assert.ThrowsAsync<InvalidInputException>(() => ModelPull.RunAsync(_data.Folder, repository, new ModelPullOptions()))).Field
        );

    [Fact]
    public void Read_TokenOfAFile_IsTrimmedAndNeverShown()
    {
        var file = _data["token"];
        File.WriteAllText(file, "abc\n");
        Assert.Equal("abc", HostToken.Read(name => name == HostToken.FileVariable ? file : null));
        File.WriteAllText(file, "ab c");
        Assert.DoesNotContain(
            "ab c",
            Assert.Throws<InvalidInputException>(() => HostToken.Read(name => name == HostToken.FileVariable ? file : null)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void DelayOf_WhatTheHostAsks_IsTakenWithinBounds()
    {
        Assert.Equal(TimeSpan.FromSeconds(7), HostRetry.DelayOf(new HostFaultException("", TimeSpan.FromSeconds(7))));
        Assert.Equal(HostRetry.LongestDelay, HostRetry.DelayOf(new HostFaultException("", TimeSpan.FromDays(1))));
        Assert.Null(HostRetry.DelayOf(new HostFaultException("")));
    }

    public void Dispose() => _data.Dispose();

    private static ModelPullOptions OptionsOf(TestHost host) => new() { Host = host.Address, FirstDelay = TimeSpan.FromMilliseconds(1) };

    private Task<PulledModel> PullAsync(
        TestHost host,
        Func<ModelPullOptions, ModelPullOptions>? change = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken stop = default
    )
    {
        var options = OptionsOf(host);
        return ModelPull.RunAsync(_data.Folder, host.Repository, change is null ? options : change(options), progress, stop);
    }

    private async Task CancelHalfwayAsync(TestHost host)
    {
        using var stop = new CancellationTokenSource();
        var half = host.Files[Weights].Bytes.Length / 2;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            PullAsync(
                host,
                options => options with { Parallel = 1 },
                new Watch(progress =>
                {
                    if (progress.Bytes > half)
                    {
                        stop.Cancel();
                    }
                }),
                stop.Token
            )
        );
    }

    private sealed class Watch(Action<TransferProgress> see) : IProgress<TransferProgress>
    {
        public void Report(TransferProgress value) => see(value);
    }
}
