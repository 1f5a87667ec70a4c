using System.Net;
using System.Security.Cryptography;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Client.Tests.Implantations;

/// <summary>What is sent, and in which order, when a job is submitted over HTTP.</summary>
public sealed class SubmissionTests
{
    private static readonly byte[] s_photo = "a photo"u8.ToArray();
    private static readonly byte[] s_mask = "a mask"u8.ToArray();

    [Fact]
    public async Task Blob_ThatIsGoneAtTheSubmit_IsUploadedAgain_UnderTheSameKey()
    {
        var server = new ScriptedServer(
            Known, // mask
            Known, // photo
            Gone,
            Unknown, // mask
            () => Answers.Plain(HttpStatusCode.Created),
            Known, // photo
            () => Answers.Document(Answers.Status, HttpStatusCode.Created)
        );
        await using var client = Connect(server);

        var job = await client.ImplantAsync(Cat(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal("job-1", job.Id);
        var (mask, photo) = (PathOf(s_mask), PathOf(s_photo));
        Assert.Equal(
            [$"HEAD {mask}", $"HEAD {photo}", "POST /v1/implantations", $"HEAD {mask}", $"PUT {mask}", $"HEAD {photo}", "POST /v1/implantations"],
            server.Calls.Select(call => call.ToString())
        );
        Assert.Equal("a mask", server.Calls[4].Body);
        Assert.Single(server.Calls.Where(call => call.Method == HttpMethod.Post).Select(call => call.Headers["Idempotency-Key"]).Distinct());
    }

    [Fact]
    public async Task Blob_ThatIsGoneEveryTime_IsToldInTheEnd()
    {
        var server = new ScriptedServer([.. Enumerable.Repeat<Func<HttpResponseMessage>[]>([Known, Known, Gone], 3).SelectMany(round => round)]);
        await using var client = Connect(server);

        var error = await Assert.ThrowsAsync<OneShotException>(() => client.ImplantAsync(Cat(), cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal(ErrorCodes.BlobMissing, error.Code);
        Assert.Equal(9, server.Calls.Count);
    }

    [Fact]
    public async Task Upload_ThatTheServerRefusesForAWhile_SendsTheSameBytesAgain()
    {
        var server = new ScriptedServer(
            Unknown,
            () => Answers.Later(HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(1)),
            () => Answers.Plain(HttpStatusCode.Created),
            Known,
            () => Answers.Document(Answers.Status, HttpStatusCode.Created)
        );
        await using var client = Connect(server);

        await client.ImplantAsync(Cat(), cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["a mask", "a mask"], server.Calls.Where(call => call.Method == HttpMethod.Put).Select(call => call.Body));
    }

    [Fact]
    public async Task Box_InPlaceOfAMask_IsSentWithTheRequest_AndNothingIsUploadedForIt()
    {
        var server = new ScriptedServer(Known, () => Answers.Document(Answers.Status, HttpStatusCode.Created));
        await using var client = Connect(server);
        Implantation job = new(InputFile.Of(s_photo, "cat.png")) { Objects = [new ImplantationObject("cat") { Box = [1, 2, 30, 40] }] };

        await client.ImplantAsync(job, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal([$"HEAD {PathOf(s_photo)}", "POST /v1/implantations"], server.Calls.Select(call => call.ToString()));
        Assert.Contains("\"objects\":[{\"class\":\"cat\",\"token\":\"<cat>\",\"box\":[1,2,30,40]}]", server.Calls[^1].Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Object_WithoutMaskAndBox_IsRefusedBeforeAnyCall()
    {
        var server = new ScriptedServer();
        await using var client = Connect(server);
        Implantation job = new(InputFile.Of(s_photo, "cat.png")) { Objects = [new ImplantationObject("cat")] };

        var error = await Assert.ThrowsAsync<OneShotException>(() => client.ImplantAsync(job, cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal("objects[0].mask", error.Detail.Field);
        Assert.Empty(server.Calls);
    }

    private static Implantation Cat() =>
        new(InputFile.Of(s_photo, "cat.png")) { Objects = [new ImplantationObject("cat", InputFile.Of(s_mask, "cat-mask.png"))] };

    private static IOneShotClient Connect(ScriptedServer server) =>
        OneShotClient.Connect(ScriptedServer.Address, new OneShotClientOptions { Handler = server, TimeProvider = new PassingClock() });

    private static HttpResponseMessage Known() => Answers.Plain(HttpStatusCode.OK);

    private static HttpResponseMessage Unknown() => Answers.Plain(HttpStatusCode.NotFound);

    private static HttpResponseMessage Gone() => Answers.Problem(HttpStatusCode.Conflict, ErrorCodes.BlobMissing, "It was not uploaded, or is gone.");

    private static string PathOf(byte[] bytes) => $"/v1/blobs/{Convert.ToHexStringLower(SHA256.HashData(bytes))}";
}
