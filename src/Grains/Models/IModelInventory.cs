using OrleansOneShot.Contracts.Models;

namespace OrleansOneShot.Grains.Models;

/// <summary>Port: the models that this silo has. A silo without engine has none to tell of.</summary>
public interface IModelInventory
{
    /// <summary>Lists them.</summary>
    /// <returns>The models.</returns>
    /// <exception cref="IOException">The disk can't be read.</exception>
    SiloModels List();
}
