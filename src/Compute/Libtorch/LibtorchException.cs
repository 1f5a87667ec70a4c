namespace OrleansOneShot.Compute.Libtorch;

/// <summary>libtorch can't be loaded. The message is one sentence, the hint the fix.</summary>
/// <param name="message">What is wrong, and where.</param>
/// <param name="hint">What to do.</param>
/// <param name="field">The setting at fault; null: none is.</param>
public sealed class LibtorchException(string message, string hint, string? field = null) : DllNotFoundException(message)
{
    /// <summary>What to do.</summary>
    public string Hint { get; } = hint;

    /// <summary>The setting at fault; null: none is.</summary>
    public string? Field { get; } = field;
}
