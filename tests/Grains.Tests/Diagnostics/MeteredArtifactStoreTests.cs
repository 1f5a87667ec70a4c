using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Grains.Tests.Diagnostics;

public sealed class MeteredArtifactStoreTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-metered-");
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeasuredValues _values;
    private readonly FaultyStore _faulty;
    private readonly MeteredArtifactStore _store;

    public MeteredArtifactStoreTests()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        _values = new MeasuredValues(factory);
        _faulty = new FaultyStore(new FileArtifactStore(_folder.FullName));
        _store = new MeteredArtifactStore(_faulty, new OneShotInstruments(factory));
    }

    [Fact]
    public async Task Bytes_OfWritesAppendsAndReads_AreCountedAsTheyPass()
    {
        using var content = new MemoryStream(new byte[1000]);
        await _store.WriteAsync("a/b", content, WriteCondition.Any, TestContext.Current.CancellationToken);
        await _store.AppendAsync("a/log", new byte[20], 0, TestContext.Current.CancellationToken);
        await using (var stream = await _store.OpenReadAsync("a/b", TestContext.Current.CancellationToken))
        {
            await stream.ReadExactlyAsync(new byte[300], TestContext.Current.CancellationToken);
        }

        var read = _values.Read().Where(value => value.StartsWith("oneshot.artifact [By]", StringComparison.Ordinal));
        Assert.Equal(
            [
                "oneshot.artifact [By] operation=append outcome=ok store=files: 20",
                "oneshot.artifact [By] operation=read outcome=ok store=files: 300",
                "oneshot.artifact [By] operation=write outcome=ok store=files: 1000",
            ],
            read
        );
    }

    [Fact]
    public async Task Outcomes_OfWhatIsNotThereAndOfAStoreThatIsAway_AreToldApart()
    {
        await Assert.ThrowsAnyAsync<IOException>(() => _store.OpenReadAsync("none", TestContext.Current.CancellationToken));
        Assert.Null(await _store.GetInfoAsync("none", TestContext.Current.CancellationToken));
        _faulty.BeforeWrite = _ => throw new ArtifactStoreException(ArtifactStoreFault.Unreachable, "away");
        using var content = new MemoryStream();
        await Assert.ThrowsAsync<ArtifactStoreException>(() => _store.WriteAsync("a", content, WriteCondition.Any, TestContext.Current.CancellationToken));

        var outcomes = _values
            .Read()
            .Where(value => value.StartsWith("oneshot.artifact.operation", StringComparison.Ordinal))
            .Select(value => value.Split("] ")[1].Split(" store")[0]);
        Assert.Equal(["operation=info outcome=not_found", "operation=read outcome=not_found", "operation=write outcome=unreachable"], outcomes);
    }

    public void Dispose()
    {
        _values.Dispose();
        _services.Dispose();
        _folder.Delete(recursive: true);
    }
}
