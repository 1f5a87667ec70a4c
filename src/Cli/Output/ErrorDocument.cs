using OrleansOneShot.Contracts.Errors;

namespace OrleansOneShot.Cli.Output;

/// <summary>An error on stdout.</summary>
/// <param name="Error">The error.</param>
internal sealed record ErrorDocument(ErrorDetail Error);
