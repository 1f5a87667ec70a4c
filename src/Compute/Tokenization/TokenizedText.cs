namespace OrleansOneShot.Compute.Tokenization;

/// <summary>A text as token ids of a fixed length.</summary>
/// <param name="Ids">Start token, content, end token, padding: exactly the context's length L.</param>
/// <param name="UntruncatedLength">How many ids the text has with start and end token, before it is cut to L.</param>
public sealed record TokenizedText(IReadOnlyList<long> Ids, int UntruncatedLength)
{
    /// <summary>Whether content was cut off.</summary>
    public bool Truncated => UntruncatedLength > Ids.Count;
}
