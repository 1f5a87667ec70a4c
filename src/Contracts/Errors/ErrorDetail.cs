using OrleansOneShot.Common;

namespace OrleansOneShot.Contracts.Errors;

/// <summary>An error as documents show it.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Message">One clear sentence.</param>
/// <param name="Field">The option, file or field at fault.</param>
/// <param name="Hint">What to do next.</param>
[GenerateSerializer, Immutable, Alias("oneshot.ErrorDetail")]
public sealed record ErrorDetail([property: Id(0)] string Code, [property: Id(1)] string Message, [property: Id(2)] string? Field = null, [property: Id(3)] string? Hint = null)
{
    /// <summary>The error as it may leave the program: texts cut to what a person reads, without characters that a terminal would obey.</summary>
    /// <returns>This error, or a shorter one.</returns>
    public ErrorDetail Bounded()
    {
        var (message, field, hint) = (Wording.Bounded(Message), Field is null ? null : Wording.Bounded(Field), Hint is null ? null : Wording.Bounded(Hint));
        return message == Message && field == Field && hint == Hint ? this : this with { Message = message, Field = field, Hint = hint };
    }
}
