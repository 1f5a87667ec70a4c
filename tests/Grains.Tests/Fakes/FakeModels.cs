using OrleansOneShot.Contracts.Models;
using OrleansOneShot.Grains.Models;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>What every silo of a test says that it has.</summary>
internal sealed class FakeModels : IModelInventory
{
    private int _asked;

    public SiloModels Has { get; set; } = new([new SiloModel("toyworld-64", Shipped: true, 18)], Fetches: false);

    /// <summary>How often silos were asked.</summary>
    public int Asked => _asked;

    /// <summary>Where the next silo that is asked hangs.</summary>
    public Gate? Gate { get; set; }

    public SiloModels List()
    {
        Interlocked.Increment(ref _asked);
        var gate = Gate;
        Gate = null;
        gate?.PassAsync().Wait();
        return Has;
    }
}
