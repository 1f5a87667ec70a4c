namespace OrleansOneShot.Chaos;

/// <summary>This machine lacks what a run needs.</summary>
/// <param name="message">What, and where to get it; one sentence.</param>
internal sealed class MissingMeansException(string message) : Exception(message);
