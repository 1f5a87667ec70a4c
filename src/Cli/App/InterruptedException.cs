namespace OrleansOneShot.Cli.App;

/// <summary>A command was asked to stop, and can say how to go on.</summary>
/// <param name="message">What became of the work.</param>
/// <param name="hint">How to go on.</param>
internal sealed class InterruptedException(string message, string hint) : OperationCanceledException(message)
{
    /// <summary>How to go on.</summary>
    public string Hint { get; } = hint;
}
