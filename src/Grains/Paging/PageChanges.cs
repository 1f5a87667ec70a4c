namespace OrleansOneShot.Grains.Paging;

/// <summary>
/// Changes of a paged list, as of one moment. Whoever moves an item between the list and another row writes the additions first, then that row, then the
/// removals: a crash in between leaves the item in both, never in neither.
/// </summary>
/// <param name="additions">Writes the pages that got items, with those that are to leave still in them.</param>
/// <param name="removals">Writes the pages that items leave.</param>
internal sealed class PageChanges(Func<Task> additions, Func<Task> removals)
{
    /// <summary>Writes what was added or replaced.</summary>
    /// <returns>When durable.</returns>
    public Task WriteAdditionsAsync() => additions();

    /// <summary>Writes what was removed.</summary>
    /// <returns>When durable.</returns>
    public Task WriteRemovalsAsync() => removals();
}
