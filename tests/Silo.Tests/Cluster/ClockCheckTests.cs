using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Cluster;

namespace OrleansOneShot.Silo.Tests.Cluster;

public sealed class ClockCheckTests
{
    private static readonly DateTimeOffset s_redis = new(2026, 11, 27, 8, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0)]
    [InlineData(10)]
    [InlineData(-10)]
    public void Require_UpToTenSeconds_IsFine(double seconds) => ClockCheck.Require(s_redis + TimeSpan.FromSeconds(seconds), s_redis, "h:1");

    [Theory]
    [InlineData(
        3600,
        "The clock of this machine (2026-11-27 09:00:00 UTC) is 3600 s ahead of that of Redis at h:1 (2026-11-27 08:00:00 UTC); at most 10 s are allowed."
    )]
    [InlineData(
        -11,
        "The clock of this machine (2026-11-27 07:59:49 UTC) is 11 s behind that of Redis at h:1 (2026-11-27 08:00:00 UTC); at most 10 s are allowed."
    )]
    public void Require_More_SaysBothClocksAndTheFix(double seconds, string sentence)
    {
        var error = Assert.Throws<OneShotException>(() => ClockCheck.Require(s_redis + TimeSpan.FromSeconds(seconds), s_redis, "h:1")).Detail;

        Assert.Equal((ErrorCodes.Unavailable, sentence, "clock"), (error.Code, error.Message, error.Field));
        Assert.Contains("timedatectl set-ntp true", error.Hint, StringComparison.Ordinal);
    }
}
