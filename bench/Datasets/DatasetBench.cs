using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using OrleansOneShot.Bench.Queue;
using OrleansOneShot.Client;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Datasets;
using OrleansOneShot.Client.Datasets.Reports;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Bench.Datasets;

/// <summary>
/// Measures a dataset run where most will have one: an embedded silo with its database and files on this machine's disk. Each item has a photo of its own, of
/// a kilobyte; jobs do nothing, so what is left is what a run, a job's states, its files and its publication cost. One photo of a hundred can't be read, as may
/// be among so many.
/// </summary>
internal static class DatasetBench
{
    private const int Window = 100;
    private const int BadEvery = 100;
    private const double Mib = 1 << 20;

    /// <summary>Measures.</summary>
    /// <param name="items">Items of the run.</param>
    /// <param name="report">Folder for the run's report.html; null: none is written.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>A look at 100 items, and at each tenfold of that, and at the end.</returns>
    public static async IAsyncEnumerable<DatasetLine> MeasureAsync(int items, string? report, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("oneshot-dataset-");
        try
        {
            var data = DataFolder.Resolve(folder.FullName);
            await using var silo = await EmbeddedSilo.StartAsync(
                new EmbeddedSiloOptions
                {
                    Data = data,
                    Trains = true,
                    Engine = _ => new InstantEngine(measures: true),
                },
                cancellationToken
            );
            await using var client = OneShotClient.Over(new ClusterTransport(silo.OpenClient(), SiloStore.Open(SiloStore.Choose(data, cluster: false))));
            var run = await client.CreateDatasetRunAsync(new DatasetRun("bench", items), cancellationToken);
            var filling = run.AddAsync(Entries(items), cancellationToken: cancellationToken);
            var looks = new Queue<int>(Looks(items));
            var (clock, from) = (Stopwatch.StartNew(), 0);
            await foreach (var status in run.WatchAsync(cancellationToken: cancellationToken))
            {
                // In the order of their numbers, the last ones of which are done in no order.
                var done = status.Counts.Succeeded + (status.Counts.Succeeded / (BadEvery - 1));
                if (status.Counts.Failed > items / BadEvery)
                {
                    var query = new DatasetItemQuery { State = DatasetItemState.Failed };
                    var failed = await run.ListItemsAsync(query, cancellationToken).FirstAsync(item => item.Attempts > 0, cancellationToken);
                    throw new InvalidOperationException($"{failed.Id} has failed: {failed.Error?.Message}");
                }
                if (from == 0 && looks.TryPeek(out var next) && done >= Math.Max(1, next - Window))
                {
                    clock.Restart();
                    from = done;
                }
                if (from == 0 || !looks.TryPeek(out next) || (done < next && done < items))
                {
                    continue;
                }

                var milliseconds = clock.Elapsed.TotalMilliseconds / Math.Max(1, done - from);
                yield return await LookAsync(silo, run, done, milliseconds, cancellationToken);
                looks.Dequeue();
                from = 0;
            }

            await filling;
            if (report is not null)
            {
                await WriteAsync(run, report, cancellationToken);
            }
        }
        finally
        {
            Delete(folder);
        }
    }

    private static async Task WriteAsync(DatasetRunHandle run, string folder, CancellationToken cancellationToken)
    {
        var status = await run.GetStatusAsync(cancellationToken);
        await using var page = File.Create(Path.Combine(Directory.CreateDirectory(folder).FullName, "report.html"));
        await new DatasetReport(status, run.ListItemsAsync(cancellationToken: cancellationToken)).WriteAsync(DatasetReportFormat.Html, page, cancellationToken);
    }

    // What failed leaves work behind that still writes.
    private static void Delete(DirectoryInfo folder)
    {
        try
        {
            folder.Delete(recursive: true);
        }
        catch (IOException e)
        {
            Console.Error.WriteLine(e.Message);
        }
    }

    private static IEnumerable<int> Looks(int items)
    {
        for (var look = Window; look < items; look *= 10)
        {
            yield return look;
        }

        yield return items;
    }

    private static async Task<DatasetLine> LookAsync(
        EmbeddedSilo silo,
        DatasetRunHandle run,
        int done,
        double milliseconds,
        CancellationToken cancellationToken
    )
    {
        // Jobs that have ended stay in memory for a quarter of an hour; real ones take longer than that to become many.
        await silo.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.FromSeconds(1), cancellationToken);
        var managed = GC.GetTotalMemory(forceFullCollection: true);
        using var process = Process.GetCurrentProcess();
        var pages = new List<double>();
        for (var i = 0; i < 5; i++)
        {
            var clock = Stopwatch.StartNew();
            await run.ListItemsAsync(new DatasetItemQuery { ChangedSince = 0 }, cancellationToken)
                .Take(DatasetItemQuery.MaxPageSize)
                .CountAsync(cancellationToken);
            pages.Add(clock.Elapsed.TotalMilliseconds);
        }

        return new DatasetLine
        {
            Items = done,
            Milliseconds = Math.Round(milliseconds, 2),
            ManagedMib = Math.Round(managed / Mib, 1),
            ResidentMib = Math.Round(process.WorkingSet64 / Mib, 1),
            PageMilliseconds = Math.Round(pages.Order().ElementAt(pages.Count / 2), 2),
        };
    }

    private static async IAsyncEnumerable<DatasetEntry> Entries(int items)
    {
        var mask = InputFile.Of(Encoding.UTF8.GetBytes("a mask"), "mask");
        for (var number = 0; number < items; number++)
        {
            await Task.Yield();
            var id = string.Create(CultureInfo.InvariantCulture, $"item-{number:D5}");
            if (number % BadEvery == BadEvery - 1)
            {
                var why = new ErrorDetail(ErrorCodes.InvalidInput, $"photos/{id}.jpg is no picture that can be read.", "image", "Mend the file, then retry.");
                yield return new DatasetEntry(number, id, why);
                continue;
            }

            var photo = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{number}").PadRight(1000));
            yield return new DatasetEntry(number, id, new Implantation(InputFile.Of(photo, "photo")) { Objects = [new("object", mask)] });
        }
    }
}
