using System.Collections.Immutable;
using System.Globalization;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Grains.Datasets;

/// <summary>The items of a run in memory: counted by state, found by number and id, and each change numbered. All here is one synchronous step.</summary>
internal sealed class DatasetBook
{
    private readonly DatasetLine?[] _lines;
    private readonly Dictionary<string, int> _numbers = new(StringComparer.OrdinalIgnoreCase);
    private readonly int[] _counts = new int[Enum.GetValues<DatasetItemState>().Length];
    private readonly SortedSet<int> _waiting = [];
    private readonly SortedSet<int> _running = [];

    /// <summary>Creates it.</summary>
    /// <param name="items">How many items there will be.</param>
    /// <param name="lines">Those that are stored.</param>
    /// <param name="version">The version of the run's own row.</param>
    public DatasetBook(int items, IEnumerable<DatasetLine> lines, long version)
    {
        _lines = new DatasetLine?[items];
        Version = version;
        foreach (var line in lines)
        {
            Place(line);
            Version = Math.Max(Version, line.Version);
        }
    }

    /// <summary>The run's version: that of its latest change.</summary>
    public long Version { get; private set; }

    /// <summary>How many were added.</summary>
    public int Added => _numbers.Count;

    /// <summary>How many wait.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>How many run.</summary>
    public int Running => _running.Count;

    /// <summary>The next to begin; null: none waits.</summary>
    public DatasetLine? Next => _waiting.Count == 0 ? null : _lines[_waiting.Min];

    /// <summary>Those that run, by number, as of now.</summary>
    public ImmutableArray<DatasetLine> RunningLines => [.. _running.Select(number => _lines[number]!)];

    /// <summary>The counts by state.</summary>
    public DatasetCounts Counts =>
        new()
        {
            Waiting = _counts[(int)DatasetItemState.Waiting],
            Running = _counts[(int)DatasetItemState.Running],
            Succeeded = _counts[(int)DatasetItemState.Succeeded],
            Failed = _counts[(int)DatasetItemState.Failed],
            Cancelled = _counts[(int)DatasetItemState.Cancelled],
        };

    /// <summary>An item.</summary>
    /// <param name="number">Its number, of whoever asks.</param>
    /// <returns>The item; null: none has that number, or it was not added yet.</returns>
    public DatasetLine? Find(int number) => number >= 0 && number < _lines.Length ? _lines[number] : null;

    /// <summary>The item of an id, whatever its case.</summary>
    /// <param name="id">The id.</param>
    /// <returns>The item's number; null: none has it.</returns>
    public int? NumberOf(string id) => _numbers.TryGetValue(id, out var number) ? number : null;

    /// <summary>Items in a state, as of now.</summary>
    /// <param name="state">The state.</param>
    /// <returns>By number.</returns>
    public ImmutableArray<DatasetLine> In(DatasetItemState state) => [.. _lines.OfType<DatasetLine>().Where(line => line.State == state)];

    /// <summary>Adds or changes an item, under the next version.</summary>
    /// <param name="line">The item.</param>
    /// <returns>The item with its version, to be stored.</returns>
    public DatasetLine Set(DatasetLine line)
    {
        var next = line with { Version = ++Version };
        if (_lines[line.Number] is { } old)
        {
            _counts[(int)old.State]--;
            _waiting.Remove(old.Number);
            _running.Remove(old.Number);
        }

        Place(next);
        return next;
    }

    /// <summary>The run itself changes.</summary>
    /// <returns>The next version.</returns>
    public long Touch() => ++Version;

    /// <summary>A page of items.</summary>
    /// <param name="query">Which.</param>
    /// <returns>The page.</returns>
    /// <exception cref="OneShotException">invalid_input: the page's size or the cursor can't be.</exception>
    public DatasetItemPage List(DatasetItemQuery query)
    {
        if (query.PageSize is < 1 or > DatasetItemQuery.MaxPageSize)
        {
            throw Refuse("page_size", $"page_size is {query.PageSize}; it must be from 1 to {DatasetItemQuery.MaxPageSize}.");
        }

        var from = 0;
        if (query.Cursor is { } cursor && (!int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out from) || from > _lines.Length))
        {
            throw Refuse("cursor", "cursor is none that a page gave; start again without it.");
        }

        var found = ImmutableArray.CreateBuilder<DatasetItemStatus>();
        for (var number = from; number < _lines.Length; number++)
        {
            if (_lines[number] is not { } line || (query.State is { } state && line.State != state) || line.Version <= (query.ChangedSince ?? -1))
            {
                continue;
            }
            if (found.Count == query.PageSize)
            {
                return new DatasetItemPage(found.ToImmutable(), number.ToString(CultureInfo.InvariantCulture));
            }
            found.Add(line.ToStatus());
        }

        return new DatasetItemPage(found.ToImmutable());
    }

    private static OneShotException Refuse(string field, string message) => new(new ErrorDetail(ErrorCodes.InvalidInput, message, field));

    private void Place(DatasetLine line)
    {
        _lines[line.Number] = line;
        _numbers[line.Id] = line.Number;
        _counts[(int)line.State]++;
        if (line.State == DatasetItemState.Waiting)
        {
            _waiting.Add(line.Number);
        }
        else if (line.State == DatasetItemState.Running)
        {
            _running.Add(line.Number);
        }
    }
}
