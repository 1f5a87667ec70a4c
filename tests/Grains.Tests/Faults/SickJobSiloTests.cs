using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Scheduling;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Faults;

/// <summary>A job that lives on a silo whose machine can't write what it has to.</summary>
public sealed class SickJobSiloTests
{
    private const int NoSpace = 28;

    [Fact]
    public async Task Complete_TheJobsOwnSiloHasNoSpace_TheJobLeavesItAndSucceeds()
    {
        await using var world = new TestWorld();
        string? slotless = null;
        string? sick = null;
        var refused = 0;
        await world.StartAsync(
            silos: 2,
            configure: (name, options) =>
            {
                if (name == (slotless ??= name))
                {
                    options.Slots = [];
                }
            },
            silo: services =>
                services.Services.AddSingleton<IArtifactStore>(provider => new FaultyStore(world.Store)
                {
                    BeforeWrite = path =>
                    {
                        if (path != StorePaths.Manifest("j1") || provider.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString() != sick)
                        {
                            return Task.CompletedTask;
                        }
                        Interlocked.Increment(ref refused);
                        throw new IOException("No space left on device", NoSpace);
                    },
                })
        );
        await world.WhenAnnouncedAsync(1);
        var trains = Assert.Single((await world.Scheduler.GetSnapshot()).Slots.Keys);
        sick = world.Cluster.Silos.Select(silo => silo.SiloAddress.ToParsableString()).Single(silo => silo != trains);

        // Beside its trainer it would be sick with it, which the trainer finds out first.
        await PlacementHint.CallAsync(sick, () => world.Job("j1").Submit(TestWorld.Request()));

        Assert.Equal(JobState.Succeeded, (await world.EndOfAsync("j1")).State);
        Assert.True(refused > 0);
        Assert.NotNull(await world.Files.GetInfoAsync(StorePaths.Manifest("j1")));
    }
}
