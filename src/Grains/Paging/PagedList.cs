using System.Collections.Immutable;
using Orleans.Storage;

namespace OrleansOneShot.Grains.Paging;

/// <summary>
/// A list of items with keys, too long to be written whole at every change: pages of bounded size, each a row of its own with its own ETag, of which only the
/// changed ones are written. The grain's own row holds the number of pages, and is written before a page is used for the first time.
/// </summary>
/// <typeparam name="T">What the list holds.</typeparam>
/// <param name="storage">Where pages are kept.</param>
/// <param name="grain">The grain whose list it is.</param>
/// <param name="name">Name of the list; pages are called name-0, name-1 and so on.</param>
/// <param name="key">An item's key.</param>
internal sealed class PagedList<T>(IGrainStorage storage, GrainId grain, string name, Func<T, string> key)
{
    /// <summary>Items a page: a write of some 10 to 20 kB, and 79 rows for ten thousand items.</summary>
    public const int PageSize = 128;

    private readonly List<Slot> _pages = [];
    private readonly Dictionary<string, Slot> _homes = new(StringComparer.Ordinal);
    private readonly SortedSet<int> _withRoom = [];
    private int _loaded;

    /// <summary>Number of pages in use, to be stored in the grain's own row.</summary>
    public int Pages => _pages.Count;

    /// <summary>Reads all pages. An item that a crash left in two of them stays in the first.</summary>
    /// <param name="pages">Number of pages.</param>
    /// <returns>The items.</returns>
    public async Task<List<T>> LoadAsync(int pages)
    {
        _loaded = pages;
        for (var i = 0; i < pages; i++)
        {
            _pages.Add(new Slot(i));
        }
        await Task.WhenAll(_pages.Select(page => storage.ReadStateAsync(Name(page), grain, page.State)));
        var items = new List<T>();
        foreach (var page in _pages)
        {
            foreach (var item in page.State.State?.Items is { IsDefault: false } stored ? stored : [])
            {
                if (_homes.TryAdd(key(item), page))
                {
                    page.Items.Add(key(item), item);
                    items.Add(item);
                }
                else
                {
                    page.HasRemovals = true;
                }
            }

            if (page.Items.Count < PageSize)
            {
                _withRoom.Add(page.Number);
            }
        }

        return items;
    }

    /// <summary>Writes every page that was read once more, as it was: from then on no other activation that read them can write any.</summary>
    /// <returns>When no other one can.</returns>
    /// <exception cref="InconsistentStateException">Another activation has written since.</exception>
    public Task FenceAsync() => Task.WhenAll(_pages.Take(_loaded).ToList().Select(page => WriteAsync(page, page.State.State ?? new Page<T>())));

    /// <summary>Adds or replaces an item.</summary>
    /// <param name="item">The item.</param>
    public void Set(T item)
    {
        var id = key(item);
        if (!_homes.TryGetValue(id, out var page))
        {
            if (_withRoom.Count == 0)
            {
                _withRoom.Add(_pages.Count);
                _pages.Add(new Slot(_pages.Count));
            }

            page = _pages[_withRoom.Min];
            _homes.Add(id, page);
        }

        page.Items[id] = item;
        page.Leaving.Remove(id);
        page.HasAdditions = true;
        if (page.Items.Count >= PageSize)
        {
            _withRoom.Remove(page.Number);
        }
    }

    /// <summary>Removes an item.</summary>
    /// <param name="id">Its key.</param>
    /// <returns>Whether it was there.</returns>
    public bool Remove(string id)
    {
        if (!_homes.Remove(id, out var page) || !page.Items.Remove(id, out var item))
        {
            return false;
        }
        page.Leaving[id] = item;
        page.HasRemovals = true;
        _withRoom.Add(page.Number);
        return true;
    }

    /// <summary>Takes the changes made so far; later ones belong to the next call.</summary>
    /// <returns>What to write.</returns>
    public PageChanges TakeChanges()
    {
        List<(Slot Page, Page<T> Content)> additions = [],
            removals = [];
        foreach (var page in _pages)
        {
            if (page.HasAdditions)
            {
                additions.Add((page, new Page<T> { Items = [.. page.Items.Values, .. page.Leaving.Values] }));
            }
            if (page.HasRemovals)
            {
                removals.Add((page, new Page<T> { Items = [.. page.Items.Values] }));
            }
            (page.HasAdditions, page.HasRemovals) = (false, false);
            page.Leaving.Clear();
        }

        return new PageChanges(() => WriteAsync(additions), () => WriteAsync(removals));
    }

    /// <summary>Takes all pages out of the storage; the list is not used afterwards.</summary>
    /// <returns>When gone.</returns>
    public Task ClearAsync() => Task.WhenAll(_pages.Select(page => storage.ClearStateAsync(Name(page), grain, page.State)));

    private Task WriteAsync(List<(Slot Page, Page<T> Content)> pages) => Task.WhenAll(pages.Select(page => WriteAsync(page.Page, page.Content)));

    private Task WriteAsync(Slot page, Page<T> content)
    {
        page.State.State = content;
        return storage.WriteStateAsync(Name(page), grain, page.State);
    }

    private string Name(Slot page) => FormattableString.Invariant($"{name}-{page.Number}");

    private sealed class Slot(int number)
    {
        public int Number { get; } = number;

        public GrainState<Page<T>> State { get; } = new() { State = new Page<T>() };

        public Dictionary<string, T> Items { get; } = new(StringComparer.Ordinal);

        /// <summary>Removed, and not yet taken out of the stored page.</summary>
        public Dictionary<string, T> Leaving { get; } = new(StringComparer.Ordinal);

        public bool HasAdditions { get; set; }

        public bool HasRemovals { get; set; }
    }
}

/// <summary>One of the rows over which a grain spreads a long list.</summary>
/// <typeparam name="T">What the list holds.</typeparam>
[GenerateSerializer, Alias("oneshot.Page`1")]
internal sealed record Page<T>
{
    [Id(0)]
    public ImmutableArray<T> Items { get; init; } = [];
}

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
