using System.Net;
using System.Text;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Client.Tests.Models;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Models;

namespace OrleansOneShot.Client.Tests.Http;

/// <summary>What of a model is sent, and how often.</summary>
public sealed class HttpModelsTests : IDisposable
{
    private const int PartBytes = 4;

    private readonly TestFolder _folder = new();
    private readonly FolderModel _model;

    public HttpModelsTests()
    {
        File.WriteAllText(Path.Combine(_folder.Root, "config.json"), "{}");
        File.WriteAllText(Path.Combine(_folder.Root, "model.safetensors"), "0123456789");
        _model = new FolderModel("mine", _folder.Root);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Send_OfAModelOfWhichPartsAreThere_SendsTheOthers_EachWithItsBytes()
    {
        var files = await _model.ListAsync(Stop);
        var server = new ScriptedServer(
            Unknown,
            () => Missing(files[1].Sha256, 4, 8),
            Taken,
            () => Answers.Later(HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(1)),
            Taken,
            Known
        );
        await using var client = Connect(server);
        var seen = new Seen();

        var sent = await client.Models.SendAsync(_model, "mine", seen, Stop);

        Assert.Equal(("mine", 6L), (sent.Name, sent.Sent));
        var part = $"/v1/models/mine/parts/{files[1].Sha256}";
        Assert.Equal(
            ["GET /v1/models/mine", "POST /v1/models", $"PUT {part}", $"PUT {part}", $"PUT {part}", "POST /v1/models/mine/complete"],
            server.Calls.Select(call => call.ToString())
        );
        Assert.Equal(
            [("?offset=4", "4567"), ("?offset=8", "89"), ("?offset=8", "89")],
            server.Calls.Where(call => call.Method == HttpMethod.Put).Select(call => (call.Query, call.Body))
        );
        Assert.Equal(server.Calls[1].Body, server.Calls[^1].Body);
        Assert.Equal((12L, 12L), (seen.Last!.Bytes, seen.Last.Total));
    }

    [Fact]
    public async Task Send_WhosePartsWereCollectedMeanwhile_SendsThemAgain()
    {
        var files = await _model.ListAsync(Stop);
        var server = new ScriptedServer(
            Unknown,
            () => Missing(files[1].Sha256, 8),
            Taken,
            () => Answers.Problem(HttpStatusCode.Conflict, ErrorCodes.BlobMissing, "Of 1 parts nothing is there."),
            () => Missing(files[1].Sha256, 8),
            Taken,
            Known
        );
        await using var client = Connect(server);

        Assert.Equal("mine", (await client.Models.SendAsync(_model, "mine", cancellationToken: Stop)).Name);
        Assert.Equal(7, server.Calls.Count);
    }

    [Fact]
    public async Task Send_OfAnotherNamesModel_IsAConflict()
    {
        var server = new ScriptedServer(
            Unknown,
            () => Answers.Document(new ModelUploadStatus("mine", PartBytes, [])),
            () => Answers.Problem(HttpStatusCode.Conflict, ErrorCodes.Conflict, "The cluster has another model named mine already.")
        );
        await using var client = Connect(server);

        var refused = await Assert.ThrowsAsync<OneShotException>(() => client.Models.SendAsync(_model, "mine", cancellationToken: Stop));

        Assert.Equal((ErrorCodes.Conflict, 409), (refused.Code, refused.Status));
    }

    [Fact]
    public async Task Send_OfAFileThatGrewMeanwhile_IsAConflict_BeforeItIsSent()
    {
        var files = await _model.ListAsync(Stop);
        var server = new ScriptedServer(Unknown, () => Missing(files[1].Sha256, 0));
        await using var client = Connect(server);

        var changed = _model with { Sends = Encoding.ASCII.GetBytes("0123456789+") };
        var refused = await Assert.ThrowsAsync<OneShotException>(() => client.Models.SendAsync(changed, "mine", cancellationToken: Stop));

        Assert.Equal(ErrorCodes.Conflict, refused.Code);
        Assert.Contains("model.safetensors was changed", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_OfWhatCantBeTaken_NamesEveryFile_AndSendsNothing()
    {
        File.WriteAllText(Path.Combine(_folder.Root, "model.ckpt"), "a pickle");
        var server = new ScriptedServer(Unknown);
        await using var client = Connect(server);

        var refused = await Assert.ThrowsAsync<OneShotException>(() => client.Models.SendAsync(_model, "mine", cancellationToken: Stop));

        Assert.Equal((ErrorCodes.InvalidInput, "files[1].path"), (refused.Code, Assert.Single(refused.Fields).Pointer));
    }

    private static HttpResponseMessage Unknown() => Answers.Problem(HttpStatusCode.NotFound, ErrorCodes.NotFound, "There is no such model.");

    private static HttpResponseMessage Taken() => Answers.Plain(HttpStatusCode.NoContent);

    private static HttpResponseMessage Known() => Answers.Document(new KnownModel { Name = "mine", Shared = true }, HttpStatusCode.Created);

    private static HttpResponseMessage Missing(string sha256, params long[] offsets) =>
        Answers.Document(new ModelUploadStatus("mine", PartBytes, [new MissingModelFile(sha256, 10, [.. offsets])]));

    private static IOneShotClient Connect(ScriptedServer server) =>
        OneShotClient.Connect(ScriptedServer.Address, new OneShotClientOptions { Handler = server, TimeProvider = new PassingClock() });

    private sealed class Seen : IProgress<TransferProgress>
    {
        public TransferProgress? Last { get; private set; }

        public void Report(TransferProgress value) => Last = value;
    }
}
