using System.Collections.Immutable;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Datasets;

/// <summary>A world with one dataset run, r1 of ann.</summary>
internal sealed class DatasetWorld : IAsyncDisposable
{
    public const string RunId = "r1";

    /// <summary>Creates it.</summary>
    /// <param name="uploads">Whether the store holds what the requests name; a retry looks for it.</param>
    public DatasetWorld(bool uploads = true)
    {
        foreach (var blob in uploads ? new[] { 'a', 'b', 'c' } : [])
        {
            var path = World.PathOf(StorePaths.Blob(new string(blob, 64)));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, "an input");
        }
    }

    public TestWorld World { get; } = new();

    public IDatasetRunGrain Run => World.Cluster.Client.GetGrain<IDatasetRunGrain>(RunId);

    public IDatasetCatalogGrain Catalog => World.Cluster.Client.GetGrain<IDatasetCatalogGrain>(0);

    public static DatasetRunRequest Request(int items, int? parallel = null, int priority = 0) =>
        new()
        {
            Name = "shelf",
            Owner = "ann",
            Items = items,
            Parallel = parallel,
            Priority = priority,
        };

    /// <summary>Items "item-0" and so on.</summary>
    /// <param name="from">Number of the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="steps">Training steps of each.</param>
    public static ImmutableArray<DatasetItem> Items(int from, int count, int steps = 5) =>
        [.. Enumerable.Range(from, count).Select(number => Item(number, TestWorld.Request(steps)))];

    public static DatasetItem Item(int number, ImplantationRequest request) =>
        new()
        {
            Number = number,
            Id = $"item-{number}",
            Request = request,
        };

    public static DatasetItem Bad(int number, string message = "The photo can't be read.") =>
        new()
        {
            Number = number,
            Id = $"item-{number}",
            Error = new ErrorDetail(ErrorCodes.InvalidInput, message, "image"),
        };

    public static string JobOf(int number, int attempt = 1) => DatasetRules.JobOf(RunId, number, attempt);

    /// <summary>Starts a silo, and a run with all its items.</summary>
    public async Task<DatasetRunStatus> BeginAsync(int items, int slots = 1, int? parallel = null, bool resume = false)
    {
        await World.StartAsync(slots, resume);
        await Run.Create(Request(items, parallel));
        return await Run.AddItems(Items(0, items));
    }

    /// <summary>Waits until the run has come so far, across the loss of silos.</summary>
    public async Task<DatasetRunStatus> WhenAsync(Func<DatasetRunStatus, bool> fits)
    {
        using var limit = new CancellationTokenSource(TestWorld.Limit);
        DatasetRunStatus? last = null;
        while (true)
        {
            Assert.False(limit.IsCancellationRequested, $"It did not come about; the run is {last}");
            try
            {
                await foreach (var status in Run.Watch(0, limit.Token))
                {
                    last = status;
                    if (fits(status))
                    {
                        return status;
                    }
                }
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                // It moves.
            }
        }
    }

    public Task<DatasetRunStatus> WhenAtRestAsync() => WhenAsync(status => status.State.IsAtRest());

    /// <summary>All items, page by page.</summary>
    public async Task<List<DatasetItemStatus>> ItemsAsync(DatasetItemState? state = null)
    {
        var items = new List<DatasetItemStatus>();
        string? cursor = null;
        do
        {
            var page = await Run.ListItems(
                new DatasetItemQuery
                {
                    State = state,
                    Cursor = cursor,
                    PageSize = 3,
                }
            );
            items.AddRange(page.Items);
            cursor = page.Next;
        } while (cursor is not null);

        return items;
    }

    public async Task<DatasetItemStatus> ItemAsync(int number) => (await ItemsAsync()).Single(item => item.Number == number);

    /// <summary>All jobs that were ever made, by id.</summary>
    public async Task<List<JobSummary>> JobsAsync() =>
        [.. (await World.Catalog.List(new JobQuery { PageSize = JobQuery.MaxPageSize })).Jobs.OrderBy(job => job.Id, StringComparer.Ordinal)];

    /// <summary>The ids of all jobs that have published a result.</summary>
    public async Task<List<string>> ResultsAsync() =>
        [
            .. (await World.FilesAsync(StorePaths.Jobs))
                .Where(path => path.EndsWith($"/{StorePaths.ManifestName}", StringComparison.Ordinal) && path.Split('/').Length == 3)
                .Select(path => path.Split('/')[1])
                .Order(StringComparer.Ordinal),
        ];

    /// <summary>Ends the process without a word, and starts another one that goes on with what it finds.</summary>
    public async Task RestartAsync(int slots = 1)
    {
        await World.KillAsync();
        await World.StartAsync(slots, resume: true);
    }

    public ValueTask DisposeAsync() => World.DisposeAsync();
}
