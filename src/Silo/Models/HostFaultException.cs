namespace OrleansOneShot.Silo.Models;

/// <summary>A host did not answer as it should have; asking again may help.</summary>
/// <param name="message">What happened.</param>
/// <param name="retryAfter">How long the host asks to wait; null leaves it to the caller.</param>
/// <param name="inner">The cause.</param>
internal sealed class HostFaultException(string message, TimeSpan? retryAfter = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How long the host asks to wait; null leaves it to the caller.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
