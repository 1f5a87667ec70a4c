using OrleansOneShot.Cli.App;

namespace OrleansOneShot.Cli.Output;

/// <summary>Chooses how progress is shown.</summary>
internal static class ProgressDisplay
{
    /// <summary>A live table on a terminal, else plain lines.</summary>
    /// <param name="streams">Where to show it.</param>
    /// <param name="store">Folder below which previews lie.</param>
    /// <returns>The display.</returns>
    public static IProgressDisplay Create(CliStreams streams, string store) =>
        streams.Interactive ? new LiveDisplay(streams.Error, store) : new LineDisplay(streams.Error, store);
}
