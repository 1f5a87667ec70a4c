using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>
/// How long a command waits for the owner of a data folder. Owners that come and go are no reason to give up, however many they are: each new one is waited for
/// anew.
/// </summary>
/// <param name="data">The data folder.</param>
internal sealed class OwnerRetry(DataFolder data)
{
    // An owner that says where it is, and does not answer there.
    private static readonly TimeSpan s_silent = TimeSpan.FromSeconds(60);

    // One that starts, or stops: its silo may take two minutes to end, until the engine's present step and its checkpoint are done.
    private static readonly TimeSpan s_between = TimeSpan.FromSeconds(150);

    private long _since = Stopwatch.GetTimestamp();
    private string? _seen;
    private OwnerRecord? _last;

    /// <summary>Counts the time for which nothing has changed.</summary>
    /// <param name="owner">The present owner; null if it has said nothing of itself, or takes no calls any more.</param>
    /// <exception cref="OneShotException">unavailable: it has been too long.</exception>
    public void Spend(OwnerRecord? owner)
    {
        if (owner?.ClusterId != _seen)
        {
            (_seen, _since) = (owner?.ClusterId, Stopwatch.GetTimestamp());
        }

        _last = owner ?? _last;
        if (Stopwatch.GetElapsedTime(_since) <= (owner is null ? s_between : s_silent))
        {
            return;
        }

        var who = _last is null
            ? "Another process"
            : string.Create(CultureInfo.InvariantCulture, $"Process {_last.ProcessId} (started {_last.Started:yyyy-MM-dd HH:mm:ss} UTC)");
        throw new OneShotException(
            new ErrorDetail(
                ErrorCodes.Unavailable,
                $"{who} holds the data folder {data} and does not answer.",
                "data",
                "Wait for it, end it, or use another folder with --data."
            )
        );
    }
}
