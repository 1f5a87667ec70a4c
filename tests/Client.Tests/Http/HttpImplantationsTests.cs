using System.Net;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Client.Tests.Http;

/// <summary>A retry whose answer was lost is one retry.</summary>
public sealed class HttpImplantationsTests
{
    [Fact]
    public async Task Retry_WhoseAnswerWasLost_IsFoundDone()
    {
        var server = new ScriptedServer(Answers.Broken, Refused, () => Answers.Document(Answers.Status with { Retries = 1 }));

        var status = await RetryAsync(server);

        Assert.Equal((JobState.Queued, 1), (status.State, status.Retries));
        Assert.Equal(
            ["POST /v1/implantations/job-1/retry", "POST /v1/implantations/job-1/retry", "GET /v1/implantations/job-1"],
            server.Calls.Select(call => call.ToString())
        );
    }

    [Fact]
    public async Task Retry_OfAJobThatHasNotEnded_IsAConflict_AskedOnce()
    {
        var server = new ScriptedServer(Refused);

        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<OneShotException>(() => RetryAsync(server))).Code);
        Assert.Single(server.Calls);
    }

    [Theory]
    [InlineData(JobState.Succeeded, 1)]
    [InlineData(JobState.Training, 0)]
    public async Task Retry_ThatNoTryHasDone_IsAConflict_AlsoAfterALostAnswer(JobState state, int retries)
    {
        var server = new ScriptedServer(Answers.Broken, Refused, () => Answers.Document(Answers.Status with { State = state, Retries = retries }));

        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<OneShotException>(() => RetryAsync(server))).Code);
    }

    private static HttpResponseMessage Refused() =>
        Answers.Problem(HttpStatusCode.Conflict, ErrorCodes.Conflict, "Job job-1 can't be retried: it is queued, and goes on by itself.");

    private static async Task<ImplantationStatus> RetryAsync(ScriptedServer server)
    {
        var options = new OneShotClientOptions { Handler = server, TimeProvider = new PassingClock() };
        await using var client = OneShotClient.Connect(ScriptedServer.Address, options);
        return await client.GetImplantation("job-1").RetryAsync(TestContext.Current.CancellationToken);
    }
}
