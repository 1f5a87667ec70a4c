using System.Collections.Concurrent;
using OrleansOneShot.Client.Uploads;

namespace OrleansOneShot.Client.Datasets;

/// <summary>Remembers what was sent of late, so that a photo or a mask that many items share is neither sent nor asked for again.</summary>
/// <param name="target">Where inputs go.</param>
/// <param name="clock">The time; null is the machine's.</param>
internal sealed class SentBlobs(IBlobTarget target, TimeProvider? clock = null) : IBlobTarget
{
    // What nobody has used for a day may be collected: it is marked as used once an hour.
    private static readonly TimeSpan s_trust = TimeSpan.FromHours(1);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private readonly ConcurrentDictionary<string, long> _sent = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public async Task<bool> HasAsync(string sha256, long bytes, CancellationToken cancellationToken = default) =>
        WasSent(sha256) || await target.HasAsync(sha256, bytes, cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> KeepAsync(string sha256, CancellationToken cancellationToken = default) =>
        WasSent(sha256) || Note(sha256, await target.KeepAsync(sha256, cancellationToken));

    /// <inheritdoc/>
    public async Task<bool> PutAsync(string sha256, Stream content, CancellationToken cancellationToken = default) =>
        Note(sha256, await target.PutAsync(sha256, content, cancellationToken));

    private bool WasSent(string sha256) => _sent.TryGetValue(sha256, out var when) && _clock.GetElapsedTime(when) < s_trust;

    private bool Note(string sha256, bool isThere)
    {
        if (isThere)
        {
            _sent[sha256] = _clock.GetTimestamp();
        }

        return isThere;
    }
}
