using OrleansOneShot.Grains.Webhooks;

namespace OrleansOneShot.Grains.Tests.Webhooks;

public sealed class WebhookBackoffTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(2, 30)]
    [InlineData(3, 120)]
    [InlineData(4, 600)]
    [InlineData(5, 1800)]
    [InlineData(6, 3600)]
    [InlineData(7, 7200)]
    [InlineData(8, 14400)]
    [InlineData(9, 28800)]
    [InlineData(10, 28800)]
    public void After_Try_GrowsWithAtMostATenthMore(int attempts, double seconds)
    {
        Assert.Equal(TimeSpan.FromSeconds(seconds), WebhookBackoff.After(attempts, null, 0));
        Assert.Equal(TimeSpan.FromSeconds(seconds * 1.1), WebhookBackoff.After(attempts, null, 1));
    }

    [Fact]
    public void After_LastTry_IsNoMore() => Assert.Null(WebhookBackoff.After(11, TimeSpan.FromSeconds(1), 0));

    [Fact]
    public void Pauses_Together_AreAboutADay() =>
        Assert.InRange(TimeSpan.FromTicks(WebhookBackoff.Pauses.Sum(pause => pause.Ticks)), TimeSpan.FromHours(23), TimeSpan.FromHours(25));

    [Theory]
    [InlineData(1, 5)] // shorter than the pause
    [InlineData(90, 90)]
    [InlineData(1e7, 28800)] // nobody waits for months
    [InlineData(-1, 5)]
    public void After_ReceiverAsks_MakesItLonger(double asked, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), WebhookBackoff.After(1, TimeSpan.FromSeconds(asked), 0));
}
