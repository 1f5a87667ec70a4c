using OrleansOneShot.Common;
using OrleansOneShot.Contracts.Models;
using OrleansOneShot.Grains.Models;
using OrleansOneShot.ModelHub;

namespace OrleansOneShot.Silo.Engine;

/// <summary>The models of this silo's data folder, and those that came with the program.</summary>
/// <param name="catalog">What is here.</param>
/// <param name="fetches">Whether a host may be asked for others.</param>
internal sealed class SiloModelInventory(ModelCatalog catalog, bool fetches) : IModelInventory
{
    /// <inheritdoc/>
    public Contracts.Models.SiloModels List() =>
        new(
            [
                .. catalog
                    .List()
                    .Where(entry => Directory.Exists(entry.Folder))
                    .DistinctBy(entry => entry.Name)
                    .OrderBy(entry => entry.Name, StringComparer.Ordinal)
                    .Select(entry => new SiloModel(entry.Name, entry.Shipped, BytesOf(entry.Folder))),
            ],
            fetches
        );

    private static long BytesOf(string folder) =>
        new DirectoryInfo(folder)
            .EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true })
            .Sum(file => LinkedFile.Of(file.FullName).Length);
}
