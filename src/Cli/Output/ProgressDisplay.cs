using OrleansOneShot.Cli.App;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Cli.Output;

/// <summary>Shows people how a job goes on.</summary>
internal interface IProgressDisplay : IDisposable
{
    /// <summary>Shows an event.</summary>
    /// <param name="progress">The event.</param>
    void Show(ProgressEvent progress);

    /// <summary>Says a sentence.</summary>
    /// <param name="sentence">The sentence.</param>
    void Say(string sentence);
}

/// <summary>Chooses how progress is shown.</summary>
internal static class ProgressDisplay
{
    /// <summary>A live table on a terminal, else plain lines.</summary>
    /// <param name="streams">Where to show it.</param>
    /// <param name="store">Folder below which previews lie; null: not on this machine.</param>
    /// <returns>The display.</returns>
    public static IProgressDisplay Create(CliStreams streams, string? store) =>
        streams.Interactive ? new LiveDisplay(streams.Error, store) : new LineDisplay(streams.Error, store);
}
