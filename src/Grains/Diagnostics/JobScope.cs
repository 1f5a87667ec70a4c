using System.Collections;

namespace OrleansOneShot.Grains.Diagnostics;

/// <summary>What every line of a log names that is written while a job is worked for.</summary>
/// <param name="jobId">The job.</param>
/// <param name="epoch">Its epoch; null: none.</param>
/// <param name="trace">Its trace; null: none.</param>
internal sealed class JobScope(string jobId, long? epoch, string? trace) : IReadOnlyList<KeyValuePair<string, object?>>
{
    private readonly KeyValuePair<string, object?>[] _values =
    [
        new("JobId", jobId),
        .. epoch is { } number ? [new KeyValuePair<string, object?>("Epoch", number)] : Array.Empty<KeyValuePair<string, object?>>(),
        .. trace is not null ? [new KeyValuePair<string, object?>("Trace", trace)] : Array.Empty<KeyValuePair<string, object?>>(),
    ];

    /// <inheritdoc/>
    public int Count => _values.Length;

    /// <inheritdoc/>
    public KeyValuePair<string, object?> this[int index] => _values[index];

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _values.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public override string ToString() => jobId;
}
