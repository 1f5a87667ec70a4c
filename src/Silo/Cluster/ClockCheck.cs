using System.Globalization;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Silo.Cluster;

/// <summary>
/// Refuses to start on a machine whose clock is far from that of the cluster's Redis: one of them is wrong, and times of jobs, logs and files would contradict
/// each other.
/// </summary>
internal static class ClockCheck
{
    /// <summary>The most that the two may differ.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromSeconds(10);

    /// <summary>Checks.</summary>
    /// <param name="local">This machine's clock, UTC.</param>
    /// <param name="redis">Redis' clock at the same moment, UTC.</param>
    /// <param name="where">Address of that Redis.</param>
    /// <exception cref="OneShotException">unavailable: they differ by more than <see cref="Most"/>.</exception>
    public static void Require(DateTimeOffset local, DateTimeOffset redis, string where)
    {
        var ahead = local - redis;
        if (ahead.Duration() > Most)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Unavailable,
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The clock of this machine ({local.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC) is {ahead.Duration().TotalSeconds:0} s "
                            + $"{(ahead > TimeSpan.Zero ? "ahead of" : "behind")} that of Redis at {where} ({redis.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC); at "
                            + $"most {Most.TotalSeconds:0} s are allowed."
                    ),
                    "clock",
                    "Set the wrong one of the two, best by a time service on both machines: timedatectl set-ntp true."
                )
            );
        }
    }
}
