using OrleansOneShot.Client.Jobs;

namespace OrleansOneShot.Client.Datasets;

/// <summary>Ids of dataset runs.</summary>
public static class DatasetRunId
{
    private const string Prefix = "r";

    /// <summary>The id of the run that is made under a key.</summary>
    /// <param name="owner">Whose run it is: two owners' keys never meet.</param>
    /// <param name="key">The key; empty makes a new id.</param>
    /// <param name="now">The time.</param>
    /// <returns>An id: of the same owner and key always the same.</returns>
    /// <exception cref="Documents.Errors.OneShotException">invalid_input: the key can't be one.</exception>
    public static string Of(string owner, string key, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Length == 0 ? Prefix + JobId.New(now) : IdempotencyKey.ToJobId(owner, key, now, Prefix);
    }
}
