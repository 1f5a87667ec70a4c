using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Storage.Azure;
using OrleansOneShot.Storage.Tests.Support;

namespace OrleansOneShot.Storage.Tests.Azure;

/// <summary>A large artifact up and down with bounded memory: 256 MiB, or ONESHOT_LARGE_ARTIFACT_MIB. Alone, so that no other test's memory counts.</summary>
[Collection(nameof(LargeArtifactTests))]
[CollectionDefinition(nameof(LargeArtifactTests), DisableParallelization = true)]
public sealed class LargeArtifactTests(AzuriteFixture azurite) : IClassFixture<AzuriteFixture>
{
    // Four blocks of 8 MiB, what the garbage collector has not yet taken, and the runtime's own.
    private const long ManagedLimit = 96L << 20;
    private const long ResidentLimit = 192L << 20;

    private long _managed;
    private long _resident;

    [Fact]
    public async Task WriteAndRead_LargeArtifact_TakesLittleMemory()
    {
        var mib = int.Parse(Environment.GetEnvironmentVariable("ONESHOT_LARGE_ARTIFACT_MIB") ?? "256", CultureInfo.InvariantCulture);
        var store = new AzureBlobArtifactStore(azurite.NewOptions(blockBytes: new AzureBlobOptions().BlockBytes));
        await store.CheckWritableAsync();
        var (managed, resident) = (GC.GetTotalMemory(forceFullCollection: true), Environment.WorkingSet);

        var up = Stopwatch.StartNew();
        var info = await store.WriteAsync("large", new GeneratedStream((long)mib << 20, Sample), WriteCondition.MustNotExist);
        up.Stop();
        Report("up", mib, up, managed, resident);
        Assert.Equal((long)mib << 20, info.Bytes);

        (_managed, _resident) = (0, 0);
        managed = GC.GetTotalMemory(forceFullCollection: true);
        var down = Stopwatch.StartNew();
        await using (var stream = await store.OpenReadAsync(info))
        {
            var buffer = new byte[128 * 1024];
            while (await stream.ReadAsync(buffer) > 0)
            {
                Sample();
            }
        }

        Report("down", mib, down, managed, resident);
        await store.DeleteAsync("large");
    }

    private void Sample()
    {
        _managed = Math.Max(_managed, GC.GetTotalMemory(forceFullCollection: false));
        _resident = Math.Max(_resident, Environment.WorkingSet);
    }

    private void Report(string way, int mib, Stopwatch watch, long managed, long resident)
    {
        TestContext.Current.TestOutputHelper!.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{mib} MiB {way}: {watch.Elapsed.TotalSeconds:0.0} s, managed +{(_managed - managed) / 1048576.0:0} MiB, resident {_resident / 1048576.0:0} "
                    + $"MiB ({(_resident - resident) / 1048576.0:+0;-0} MiB)"
            )
        );
        Assert.InRange(_managed - managed, long.MinValue, ManagedLimit);
        Assert.InRange(_resident - resident, long.MinValue, ResidentLimit);
    }
}
