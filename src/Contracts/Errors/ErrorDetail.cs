namespace OrleansOneShot.Contracts.Errors;

/// <summary>An error as documents show it.</summary>
/// <param name="Code">One of <see cref="ErrorCodes"/>.</param>
/// <param name="Message">One clear sentence.</param>
/// <param name="Field">The option, file or field at fault.</param>
/// <param name="Hint">What to do next.</param>
[GenerateSerializer, Immutable, Alias("oneshot.ErrorDetail")]
public sealed record ErrorDetail([property: Id(0)] string Code, [property: Id(1)] string Message, [property: Id(2)] string? Field = null, [property: Id(3)] string? Hint = null);
