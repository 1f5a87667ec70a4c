using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using OrleansOneShot.Client.Datasets;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;

namespace OrleansOneShot.Client.Tests.Datasets;

/// <summary>What is sent, and in which order, when items are added to a run over HTTP.</summary>
public sealed class DatasetFillingTests
{
    private static readonly byte[] s_photo = "a photo"u8.ToArray();

    private static CancellationToken Limit => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Items_ThatShareTheirFiles_SendEachContentOnceAndFollowInGrowingBatches()
    {
        var server = new ScriptedServer(Unknown, Created, Added, Added, Added, Added);
        await using var client = Connect(server);

        var status = await client.GetDatasetRun("r1").AddAsync(Entries(8), cancellationToken: Limit);

        Assert.Equal("r1", status.Id);
        var calls = server.Calls.Select(call => call.ToString()).ToList();
        Assert.Equal([$"HEAD {PathOf(s_photo)}", $"PUT {PathOf(s_photo)}"], calls.Where(call => call.Contains("blobs", StringComparison.Ordinal)));
        Assert.Equal([1, 1, 2, 4], Batches(server).Select(batch => batch.Items.Length));
        Assert.Equal(Enumerable.Range(0, 8), Batches(server).SelectMany(batch => batch.Items).Select(item => item.Number));
        Assert.All(Batches(server).SelectMany(batch => batch.Items), item => Assert.Equal(item.Id, item.Request!.Name));
    }

    [Fact]
    public async Task Blob_ThatIsGoneWhenItsItemIsAdded_IsSentAgain()
    {
        var server = new ScriptedServer(Known, Gone, Unknown, Created, Added);
        await using var client = Connect(server);

        await client.GetDatasetRun("r1").AddAsync(Entries(1), cancellationToken: Limit);

        Assert.Equal(
            [
                $"HEAD {PathOf(s_photo)}",
                "POST /v1/dataset-runs/r1/items",
                $"HEAD {PathOf(s_photo)}",
                $"PUT {PathOf(s_photo)}",
                "POST /v1/dataset-runs/r1/items",
            ],
            server.Calls.Select(call => call.ToString())
        );
    }

    [Fact]
    public async Task Items_ThatCantBe_AreAddedWithTheirSentences()
    {
        var server = new ScriptedServer(Added, Added, Added);
        await using var client = Connect(server);
        DatasetEntry[] entries =
        [
            new(0, "lost", Cat(InputFile.At("/not/there.png"))),
            new(1, "wrong", new Implantation(InputFile.Of(s_photo, "photo")) { Objects = [new("cat", InputFile.Of(s_photo, "mask"))], Seed = -1 }),
            new(2, "known", new ErrorDetail(ErrorCodes.InvalidInput, "The mask is empty.", "mask")),
        ];

        await client.GetDatasetRun("r1").AddAsync(entries.ToAsyncEnumerable(), cancellationToken: Limit);

        var items = Batches(server).SelectMany(batch => batch.Items).ToList();
        Assert.All(items, item => Assert.Null(item.Request));
        Assert.Contains("/not/there.png", items[0].Error!.Message, StringComparison.Ordinal);
        Assert.Equal("seed", items[1].Error!.Field);
        Assert.Equal("The mask is empty.", items[2].Error!.Message);
    }

    [Fact]
    public async Task Server_RefusesAnUpload_EndsTheFilling()
    {
        var server = new ScriptedServer(Unknown, () => Answers.Problem(HttpStatusCode.Forbidden, ErrorCodes.Forbidden, "The key does not allow it."));
        await using var client = Connect(server);

        var error = await Assert.ThrowsAsync<OneShotException>(() => client.GetDatasetRun("r1").AddAsync(Entries(1), cancellationToken: Limit));

        Assert.Equal(ErrorCodes.Forbidden, error.Code);
    }

    private static IEnumerable<DatasetBatch> Batches(ScriptedServer server) =>
        server.Calls.Where(call => call.Method == HttpMethod.Post).Select(call => JsonSerializer.Deserialize<DatasetBatch>(call.Body, DocumentJson.Options)!);

    private static async IAsyncEnumerable<DatasetEntry> Entries(int count)
    {
        for (var number = 0; number < count; number++)
        {
            await Task.Yield();
            yield return new DatasetEntry(number, $"item-{number}", Cat(InputFile.Of(s_photo, "cat.png")));
        }
    }

    private static Implantation Cat(InputFile photo) => new(photo) { Objects = [new ImplantationObject("cat", InputFile.Of(s_photo, "cat-mask.png"))] };

    private static IOneShotClient Connect(ScriptedServer server) =>
        OneShotClient.Connect(ScriptedServer.Address, new OneShotClientOptions { Handler = server, TimeProvider = new PassingClock() });

    private static HttpResponseMessage Known() => Answers.Plain(HttpStatusCode.OK);

    private static HttpResponseMessage Unknown() => Answers.Plain(HttpStatusCode.NotFound);

    private static HttpResponseMessage Created() => Answers.Plain(HttpStatusCode.Created);

    private static HttpResponseMessage Gone() => Answers.Problem(HttpStatusCode.Conflict, ErrorCodes.BlobMissing, "It was not uploaded, or is gone.");

    private static HttpResponseMessage Added() =>
        Answers.Document(
            new DatasetRunStatus
            {
                Id = "r1",
                Name = "shelf",
                Owner = "ann",
                State = DatasetRunState.Running,
                Version = 1,
                Items = 8,
                Counts = new DatasetCounts(),
                Created = DateTimeOffset.UnixEpoch,
            }
        );

    private static string PathOf(byte[] bytes) => $"/v1/blobs/{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
}
