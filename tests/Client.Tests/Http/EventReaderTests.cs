using System.Net;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Client.Tests.Support;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Client.Tests.Http;

/// <summary>A job's events over connections that break.</summary>
public sealed class EventReaderTests
{
    private static readonly string s_last = Answers.Event(3, JobState.Succeeded);
    private readonly PassingClock _clock = new();

    [Fact]
    public async Task Stream_CutWithinAnEvent_GoesOnWithoutGapOrRepetition()
    {
        var second = Answers.Event(2);
        var server = new ScriptedServer(
            () => Answers.Events(BodyEnd.Broken, Answers.Event(1), second[..(second.Length / 2)]),
            () => Answers.Events(BodyEnd.Well, second, s_last)
        );

        Assert.Equal([1, 2, 3], await WatchAsync(server));
        Assert.Equal(["0", "1"], Known(server));
    }

    [Fact]
    public async Task Stream_ThatEndsBeforeTheJob_OrRepeatsWhatWasSeen_IsTakenUpBehindIt()
    {
        var server = new ScriptedServer(
            () => Answers.Events(BodyEnd.Well, Answers.Event(1), Answers.Event(2)),
            () => Answers.Events(BodyEnd.Well, Answers.Event(1), Answers.Event(2), s_last)
        );

        Assert.Equal([1, 2, 3], await WatchAsync(server));
        Assert.Equal(["0", "2"], Known(server));
    }

    [Fact]
    public async Task Stream_ThatLeavesOneOut_IsAskedAgain()
    {
        var server = new ScriptedServer(
            () => Answers.Events(BodyEnd.Well, Answers.Event(1), s_last),
            () => Answers.Events(BodyEnd.Well, Answers.Event(2), s_last)
        );

        Assert.Equal([1, 2, 3], await WatchAsync(server));
        Assert.Equal(["0", "1"], Known(server));
    }

    [Fact]
    public async Task Stream_ThatIsSilentForTooLong_IsOpenedAnew()
    {
        var server = new ScriptedServer(
            () => Answers.Events(BodyEnd.Silent, Answers.Event(1), ": still here\n\n"),
            () => Answers.Events(BodyEnd.Well, Answers.Event(2), s_last)
        );

        Assert.Equal([1, 2, 3], await WatchAsync(server, silence: TimeSpan.FromMilliseconds(20)));
        Assert.Equal(["0", "1"], Known(server));
    }

    [Fact]
    public async Task Server_ThatIsAway_IsAskedAgain_WhenItSays()
    {
        var server = new ScriptedServer(
            () => Answers.Later(HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(9)),
            Answers.Broken,
            () => Answers.Events(BodyEnd.Well, Answers.Event(1), Answers.Event(2), s_last)
        );

        Assert.Equal([1, 2, 3], await WatchAsync(server));
        Assert.Equal(TimeSpan.FromSeconds(9), _clock.Waits[0]);
    }

    [Fact]
    public async Task Server_ThatStaysAway_IsUnavailableInTheEnd()
    {
        var server = new ScriptedServer([.. Enumerable.Repeat(Answers.Broken, 15)]);

        var error = await Assert.ThrowsAsync<OneShotException>(() => WatchAsync(server));

        Assert.Equal(ErrorCodes.Unavailable, error.Code);
        Assert.Equal(15, server.Calls.Count);
    }

    [Fact]
    public async Task Server_ThatHasNoMore_EndsTheStream()
    {
        var server = new ScriptedServer(() => Answers.Plain(HttpStatusCode.NoContent));

        Assert.Empty(await WatchAsync(server, after: 3));
        Assert.Equal(["3"], Known(server));
    }

    [Fact]
    public async Task Job_ThatIsNotThere_IsToldAtOnce()
    {
        var server = new ScriptedServer(() => Answers.Problem(HttpStatusCode.NotFound, ErrorCodes.NotFound, "There is no such job."));

        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<OneShotException>(() => WatchAsync(server))).Code);
    }

    private async Task<List<long>> WatchAsync(ScriptedServer server, long after = 0, TimeSpan? silence = null)
    {
        var options = new OneShotClientOptions { Handler = server, TimeProvider = _clock };
        options.SilenceTimeout = silence ?? options.SilenceTimeout;
        await using var transport = new HttpTransport(ScriptedServer.Address, options);
        List<long> seen = [];
        await foreach (var progress in transport.Implantations.WatchAsync("job-1", after, TestContext.Current.CancellationToken))
        {
            seen.Add(progress.Sequence);
        }

        return seen;
    }

    private static IEnumerable<string> Known(ScriptedServer server) => server.Calls.Select(call => call.Headers["Last-Event-ID"]);
}
