namespace OrleansOneShot.Grains.Webhooks;

/// <summary>What became of a try.</summary>
/// <param name="Status">HTTP's status code of the answer; null: there was none.</param>
/// <param name="Reason">Why it did not arrive, in one sentence for the webhook's owner; null: it did.</param>
/// <param name="RetryAfter">How long the receiver wants to be left alone; null: it does not say.</param>
internal sealed record SendOutcome(int? Status, string? Reason, TimeSpan? RetryAfter = null)
{
    private const int Gone = 410;

    /// <summary>Whether the receiver has the message.</summary>
    public bool IsDelivered => Reason is null;

    /// <summary>Whether the receiver wants no more, ever.</summary>
    public bool IsGone => Status == Gone;
}
