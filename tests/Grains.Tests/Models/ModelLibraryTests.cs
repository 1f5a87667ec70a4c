using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Models;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
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
