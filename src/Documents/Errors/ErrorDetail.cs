using OrleansOneShot.Common;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Errors;

/// <summary>An error as documents show it. Secrets that got into its sentences are hidden here, whoever made it.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Message">One clear sentence.</param>
/// <param name="Field">The option, file or field at fault.</param>
/// <param name="Hint">What to do next.</param>
public sealed record ErrorDetail(string Code, string Message, string? Field = null, string? Hint = null)
{
    /// <summary>One of <see cref="ErrorCodes"/>.</summary>
    [FieldNumber(0)]
    public string Code { get; init; } = Code;

    /// <summary>One clear sentence.</summary>
    [FieldNumber(1)]
    public string Message { get; init; } = SecretText.Scrub(Message)!;

    /// <summary>The option, file or field at fault.</summary>
    [FieldNumber(2)]
    public string? Field { get; init; } = Field;

    /// <summary>What to do next.</summary>
    [FieldNumber(3)]
    public string? Hint { get; init; } = SecretText.Scrub(Hint);

    /// <summary>The error as it may leave the program: texts cut to what a person reads, without characters that a terminal would obey.</summary>
    /// <returns>This error, or a shorter one.</returns>
    public ErrorDetail Bounded()
    {
        var (message, field, hint) = (Wording.Bounded(Message), Field is null ? null : Wording.Bounded(Field), Hint is null ? null : Wording.Bounded(Hint));
        return message == Message && field == Field && hint == Hint ? this : this with { Message = message, Field = field, Hint = hint };
    }
}
