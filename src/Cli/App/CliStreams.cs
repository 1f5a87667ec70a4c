namespace OrleansOneShot.Cli.App;

/// <summary>Where a command writes.</summary>
/// <param name="Output">Data.</param>
/// <param name="Error">People's words and progress.</param>
/// <param name="Interactive">Whether a terminal shows <paramref name="Error"/>.</param>
internal sealed record CliStreams(TextWriter Output, TextWriter Error, bool Interactive)
{
    /// <summary>The process's own streams.</summary>
    public static CliStreams System() => new(Console.Out, Console.Error, !Console.IsErrorRedirected);
}
