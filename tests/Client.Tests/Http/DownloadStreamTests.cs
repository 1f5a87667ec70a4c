using System.Net;
using System.Net.Http.Headers;
using System.Text;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Client.Tests.Support;

namespace OrleansOneShot.Client.Tests.Http;

/// <summary>Files over connections that break.</summary>
public sealed class DownloadStreamTests
{
    private const string Content = "0123456789";
    private const string Tag = "\"one\"";

    [Theory]
    [InlineData(BodyEnd.Broken)]
    [InlineData(BodyEnd.Well)] // the connection was closed early
    [InlineData(BodyEnd.Silent)]
    public async Task Download_CutInTheMiddle_GoesOnBehindTheLastByte(object end)
    {
        var server = new ScriptedServer(
            () => Whole((BodyEnd)end, "0123"),
            () => Rest(4, Tag, BodyEnd.Broken, "45", "6"),
            () => Rest(7, Tag, BodyEnd.Well, "789")
        );

        Assert.Equal(Content, await DownloadAsync(server));
        Assert.Equal(["bytes=4-", "bytes=7-"], server.Calls.Skip(1).Select(call => call.Headers["Range"]));
        Assert.All(server.Calls.Skip(1), call => Assert.Equal(Tag, call.Headers["If-Range"]));
        Assert.DoesNotContain("Range", server.Calls[0].Headers.Keys);
    }

    [Fact]
    public async Task Download_OfAFileThatWasChangedMeanwhile_IsRefused()
    {
        // A server whose file has another tag by now sends all of it.
        var server = new ScriptedServer(() => Whole(BodyEnd.Broken, "0123"), () => Whole(BodyEnd.Well, "9876543210"));

        var error = await Assert.ThrowsAsync<IOException>(() => DownloadAsync(server));

        Assert.Contains("was changed while it was read", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, "\"two\"")] // If-Range was not understood
    [InlineData(3, Tag)] // nor the range
    public async Task Download_OfARestThatIsNotTheOneAskedFor_IsRefused(int from, string tag)
    {
        var server = new ScriptedServer(() => Whole(BodyEnd.Broken, "0123"), () => Rest(from, tag, BodyEnd.Well, Content[from..]));

        var error = await Assert.ThrowsAsync<IOException>(() => DownloadAsync(server));

        Assert.Contains("was changed while it was read", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Download_ThatBreaksAgainAndAgain_IsGivenUp()
    {
        var server = new ScriptedServer([() => Whole(BodyEnd.Broken), .. Enumerable.Repeat(() => Rest(0, Tag, BodyEnd.Broken), 5)]);

        Assert.Contains("broke 6 times", (await Assert.ThrowsAsync<IOException>(() => DownloadAsync(server))).Message, StringComparison.Ordinal);
    }

    private static async Task<string> DownloadAsync(ScriptedServer server)
    {
        var stop = TestContext.Current.CancellationToken;
        using var calls = new HttpCalls(
            ScriptedServer.Address,
            new OneShotClientOptions
            {
                Handler = server,
                TimeProvider = new PassingClock(),
                SilenceTimeout = TimeSpan.FromMilliseconds(20),
            }
        );
        await using var content = await DownloadStream.OpenAsync(calls, "v1/implantations/job-1/files/cat.safetensors", stop);
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, stop);
        return Encoding.UTF8.GetString(copy.ToArray());
    }

    private static HttpResponseMessage Whole(BodyEnd end, params string[] parts)
    {
        var answer = Answers.Body(HttpStatusCode.OK, end, parts);
        answer.Headers.ETag = new EntityTagHeaderValue(Tag);
        answer.Content.Headers.ContentLength = Content.Length;
        return answer;
    }

    private static HttpResponseMessage Rest(int from, string tag, BodyEnd end, params string[] parts)
    {
        var answer = Answers.Body(HttpStatusCode.PartialContent, end, parts);
        answer.Headers.ETag = new EntityTagHeaderValue(tag);
        answer.Content.Headers.ContentRange = new ContentRangeHeaderValue(from, Content.Length - 1, Content.Length);
        answer.Content.Headers.ContentLength = Content.Length - from;
        return answer;
    }
}
