using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Threads;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Tests.Datasets;

/// <summary>How many jobs of a run a process without a GPU works on at once.</summary>
public sealed class RunSlotsTests
{
    private const long GiB = 1L << 30;

    private static readonly ModelChoice s_model = new(new ModelEntry("toyworld-64", Repository.Model, true), null, ModelFolder.Open(Repository.Model));

    [Fact]
    public void OfProcessor_SmallModel_IsAJobAThread() => Assert.Equal(TorchThreads.Most, RunSlots.OfProcessor(s_model, new TrainingOptions(), 1024 * GiB));

    [Fact]
    public void OfProcessor_WorkThatTakesAllThreads_IsOneJob() =>
        Assert.Equal(1, RunSlots.OfProcessor(s_model, new TrainingOptions { Resolution = 4096 }, 1024 * GiB));

    [Fact]
    public void OfProcessor_LittleMemory_IsAsManyAsItHolds() => Assert.Equal(1, RunSlots.OfProcessor(s_model, new TrainingOptions(), GiB / 2));
}
