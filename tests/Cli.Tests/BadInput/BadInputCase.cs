using OrleansOneShot.Cli.Tests.Support;

namespace OrleansOneShot.Cli.Tests.BadInput;

/// <summary>A command line that must end with 2.</summary>
/// <param name="Name">What is wrong.</param>
/// <param name="Field">The field that the error names.</param>
/// <param name="Says">Parts of the message.</param>
/// <param name="Arguments">The command line; the folder is the test's own.</param>
public sealed record BadInputCase(string Name, string? Field, string[] Says, Func<TestFolder, string[]> Arguments)
{
    public override string ToString() => Name;
}
