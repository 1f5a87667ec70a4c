using Microsoft.Extensions.Logging.Abstractions;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Cluster;

namespace OrleansOneShot.Silo.Tests.Cluster;

public sealed class FatalEndTests
{
    private readonly FatalEnd _end = new(NullLogger<FatalEnd>.Instance);

    [Fact]
    public async Task OnFatalException_DeclaredDead_SaysSoOnceAndReturns()
    {
        Assert.False(_end.Told.IsCompleted);
        _end.OnFatalException(this, "I have been told I am dead");
        _end.OnFatalException(this, "later", new InvalidOperationException("later"));

        var told = await _end.Told;
        Assert.Equal(ErrorCodes.Unavailable, told.Code);
        Assert.Equal(
            "This silo was taken for dead by the others (it stood still, or they could not reach it), so it ends; its jobs go on elsewhere.",
            told.Message
        );
        Assert.Equal("Start it again.", told.Hint);
    }

    [Fact]
    public async Task OnFatalException_AnError_IsToldInOneLine()
    {
        _end.OnFatalException(this, "loop", new InvalidOperationException("It broke.\n   at Somewhere"));
        Assert.Equal("This silo can't go on, so it ends; its jobs go on elsewhere: It broke.", (await _end.Told).Message);
    }
}
