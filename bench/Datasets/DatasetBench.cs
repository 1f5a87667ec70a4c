using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using OrleansOneShot.Bench.Queue;
using OrleansOneShot.Client;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Datasets;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Bench.Datasets;

/// <summary>
/// Measures a dataset run where most will have one: an embedded silo with its database and files on this machine's disk. Each item has a photo of its own, of
/// a kilobyte; jobs do nothing, so what is left is what a run, a job's states, its files and its publication cost.
/// </summary>
internal static class DatasetBench
{
    private const int Window = 100;
    private const double Mib = 1 << 20;

    /// <summary>Measures.</summary>
    /// <param name="items">Items of the run.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>A look at 100 items, and at each tenfold of that, and at the end.</returns>
    public static async IAsyncEnumerable<DatasetLine> MeasureAsync(int items, [EnumeratorCancellation] CancellationToken cancellationToken)
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
                    Engine = _ => new InstantEngine(),
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
                var done = status.Counts.Succeeded;
                if (status.Counts.Failed > 0)
                {
                    throw new InvalidOperationException("Items have failed.");
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
        }
        finally
        {
            folder.Delete(recursive: true);
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
        await silo.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.FromSeconds(1));
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
            var photo = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{number}").PadRight(1000));
            yield return new DatasetEntry(
                number,
                string.Create(CultureInfo.InvariantCulture, $"item-{number:D5}"),
                new Implantation(InputFile.Of(photo, "photo")) { Objects = [new("object", mask)] }
            );
        }
    }
}
