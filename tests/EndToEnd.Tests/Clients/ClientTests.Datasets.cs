using OrleansOneShot.Client.Datasets;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Clients;

/// <content>Runs over many photos.</content>
public abstract partial class ClientTests
{
    [Fact]
    public async Task Dataset_WithAnItemThatCantBeRead_EndsAndIsMended()
    {
        using var folder = new TestFolder();
        var late = folder["late.png"];
        var run = await server.Client.RunDatasetAsync(new DatasetRun("shelf", items: 2), Entries(), cancellationToken: Limit);
        var first = await run.WaitAsync(Limit);

        Assert.Equal((DatasetRunState.Finished, 1, 1), (first.State, first.Counts.Succeeded, first.Counts.Failed));
        var failed = Assert.Single(await run.ListItemsAsync(new DatasetItemQuery { State = DatasetItemState.Failed }, Limit).ToListAsync(Limit));
        Assert.Equal(("late", ErrorCodes.InvalidInput), (failed.Id, failed.Error!.Code));
        File.Copy(Repository.Sample("cat.png"), late);
        await run.AddAsync(Entries(), cancellationToken: Limit);
        await run.RetryAsync(Limit);
        var second = await run.WaitAsync(Limit);

        Assert.Equal((DatasetRunState.Finished, 2), (second.State, second.Counts.Succeeded));
        var mended = await run.ListItemsAsync(new DatasetItemQuery { ChangedSince = first.Version }, Limit).SingleAsync(Limit);
        var result = await server.Client.GetImplantation(mended.Job!).GetResultAsync(Limit);
        await result.DownloadAsync(folder.Out, cancellationToken: Limit);
        Assert.True(DownloadedResult.IsWhole(folder.Out));
        Assert.True(File.Exists(Path.Combine(folder.Out, "late.safetensors")));
        await run.DeleteAsync(Limit);
        await IsAsync(ErrorCodes.NotFound, () => run.GetStatusAsync(Limit));

        async IAsyncEnumerable<DatasetEntry> Entries()
        {
            await Task.Yield();
            yield return new DatasetEntry(0, "cat", Cat(steps: 1, prompts: false));
            yield return new DatasetEntry(
                1,
                "late",
                new Client.Implantations.Implantation(late)
                {
                    Objects = [new("cat", Repository.Sample("cat-mask.png"))],
                    Training = Cat(1).Training,
                    Samples = Cat(1, prompts: false).Samples,
                }
            );
        }
    }
}
