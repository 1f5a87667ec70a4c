using OrleansOneShot.Common;

namespace OrleansOneShot.Compute;

/// <summary>
/// Input that can't be used: a file, an option or a combination of them. The message is one clear sentence for people, at most
/// <see cref="Wording.LongestMessage"/> long whatever it quotes; <see cref="Field"/> and <see cref="Hint"/> go into error documents.
/// </summary>
public sealed class InvalidInputException : Exception
{
    /// <summary>Creates the error.</summary>
    /// <param name="message">One sentence that says what is wrong, with the value or path at fault.</param>
    /// <param name="field">The option, file or JSON field at fault, such as <c>mask</c> or <c>unet/config.json</c>.</param>
    /// <param name="hint">What to do next, or null when the message says it already.</param>
    /// <param name="inner">The cause, if another exception led here.</param>
    public InvalidInputException(string message, string? field = null, string? hint = null, Exception? inner = null)
        : base(Wording.Bounded(message), inner)
    {
        Field = field;
        Hint = hint;
    }

    /// <summary>The option, file or JSON field at fault.</summary>
    public string? Field { get; }

    /// <summary>What to do next.</summary>
    public string? Hint { get; }
}
