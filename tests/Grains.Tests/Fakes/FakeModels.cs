using OrleansOneShot.Contracts.Models;
using OrleansOneShot.Grains.Models;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>What every silo of a test says that it has.</summary>
internal sealed class FakeModels : IModelInventory
{
    public SiloModels Has { get; set; } = new([new SiloModel("toyworld-64", Shipped: true, 18)], Fetches: false);

    public SiloModels List() => Has;
}
