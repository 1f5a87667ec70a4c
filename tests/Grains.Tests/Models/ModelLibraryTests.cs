using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Models;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Models;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Models;

/// <summary>Which models jobs can name.</summary>
public sealed class ModelLibraryTests
{
    [Fact]
    public async Task List_StoreAndSilos_ArePutTogether()
    {
        await using var world = new TestWorld();
        world.Models.Has = new SiloModels([new SiloModel("both", Shipped: false, 99), new SiloModel("toyworld-64", Shipped: true, 18)], Fetches: false);
        await world.StartAsync(silos: 2);
        await world.WhenAnnouncedAsync(2);
        var models = new SharedModels(world.Files);
        await models.TryPublishAsync("both", [new ModelFile("model_index.json", 5, new string('a', 64))]);
        await models.TryPublishAsync("shared", [new ModelFile("a.json", 1, new string('a', 64)), new ModelFile("b.json", 2, new string('b', 64))]);
        await world.Files.WriteAsync(SharedModelPaths.Manifest("damaged"), new MemoryStream("{"u8.ToArray()));

        var found = await Library(world).List();

        Assert.Equal(
            [("both", false, true, 2, 5L), ("damaged", false, true, 0, null), ("shared", false, true, 0, 3), ("toyworld-64", true, false, 2, 18)],
            found.Select(model => (model.Name, model.Shipped, model.Shared, model.Silos, model.Bytes))
        );
        Assert.All(found, model => Assert.Empty(model.Files));
        Assert.Equal(["a.json", "b.json"], (await Library(world).Find("shared")).Model!.Files.Select(file => file.Path));
        Assert.Equal(new FoundModel(null, IsCertain: true), await Library(world).Find("none"));
        Assert.Equal(new FoundModel(null, IsCertain: true), await Library(world).Find("../x"));
    }

    [Fact]
    public async Task Find_ASiloMayFetchOrNoneAnswers_IsNotCertain()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        await world.WhenAnnouncedAsync(1);
        world.Models.Has = world.Models.Has with { Fetches = true };
        Assert.Equal(new FoundModel(null, IsCertain: false), await Library(world).Find("none"));
        await world.StopAsync();
        await world.StartAsync(slots: 0);

        Assert.Equal(new FoundModel(null, IsCertain: false), await Library(world).Find("toyworld-64"));
    }

    [Fact]
    public async Task List_WithinSeconds_AsksSilosOnce_AndAModelThatIsMissedIsLookedForAnew()
    {
        await using var world = new TestWorld();
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await world.StartAsync(configure: (_, options) => options.Clock = clock);
        await world.WhenAnnouncedAsync(1);

        var lists = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Library(world).List()));
        Assert.All(lists, list => Assert.Equal("toyworld-64", Assert.Single(list).Name));
        Assert.NotNull((await Library(world).Find("toyworld-64")).Model);
        // A silo has as many activations as callers need; each asks once.
        var asked = world.Models.Asked;
        Assert.InRange(asked, 1, Environment.ProcessorCount);
        await new SharedModels(world.Files).TryPublishAsync("shared", [new ModelFile("a.json", 1, new string('a', 64))]);
        Assert.Equal(["shared", "toyworld-64"], (await Library(world).List()).Select(model => model.Name));
        world.Models.Has = new SiloModels([new SiloModel("new", Shipped: false, 5)], Fetches: false);
        Assert.NotNull((await Library(world).Find("new")).Model);

        clock.Advance(ModelLibraryGrain.Trust);
        Assert.Equal(["new", "shared"], (await Library(world).List()).Select(model => model.Name));
    }

    [Fact]
    public async Task List_ASiloHangs_IsAnsweredWithoutIt()
    {
        await using var world = new TestWorld();
        var clock = new FakeTimeProvider(DateTimeOffset.UtcNow);
        await world.StartAsync(silos: 2, configure: (_, options) => options.Clock = clock);
        await world.WhenAnnouncedAsync(2);
        await new SharedModels(world.Files).TryPublishAsync("shared", [new ModelFile("a.json", 1, new string('a', 64))]);
        var gate = world.Models.Gate = new Gate();
        try
        {
            var list = Library(world).List();
            await gate.Reached;
            await world.WhenAsync(
                () =>
                {
                    clock.Advance(ModelLibraryGrain.Patience);
                    return Task.FromResult(list.IsCompleted);
                },
                () => Task.FromResult("no list")
            );

            // The other silo's answer may have been on its way when the test's clock jumped.
            var answered = await list;
            Assert.Contains(answered, model => model.Name == "shared");
            Assert.All(answered, model => Assert.InRange(model.Silos, 0, 1));
        }
        finally
        {
            gate.Open();
        }
    }

    [Fact]
    public async Task Estimate_OfAModelThatIsNowhere_IsRefused()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        await world.WhenAnnouncedAsync(1);
        var request = TestWorld.Request() with
        {
            Model = new ModelReference { Name = "toyworld-64", Clip = "eyes" },
        };
        var estimator = world.Cluster.Client.GetGrain<IEstimatorGrain>(0);

        var refused = await Assert.ThrowsAsync<OneShotException>(() => estimator.Estimate(request));
        world.Models.Has = world.Models.Has with { Fetches = true };
        var unsure = await estimator.Estimate(request);

        Assert.Equal((ErrorCodes.InvalidInput, "model.clip"), (refused.Detail.Code, refused.Detail.Field));
        Assert.StartsWith("No silo that trains has the model eyes", unsure.Warnings[0], StringComparison.Ordinal);
    }

    private static IModelLibraryGrain Library(TestWorld world) => world.Cluster.Client.GetGrain<IModelLibraryGrain>(0);
}
