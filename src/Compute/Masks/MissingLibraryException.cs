namespace OrleansOneShot.Compute.Masks;

/// <summary>A native library can't be loaded on this machine. The message is one sentence, the hint the fix.</summary>
/// <param name="message">What is missing and what needs it.</param>
/// <param name="hint">How to install it, or to do without.</param>
/// <param name="inner">What the loader said.</param>
public sealed class MissingLibraryException(string message, string hint, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How to install it, or to do without.</summary>
    public string Hint { get; } = hint;
}
