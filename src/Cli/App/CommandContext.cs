using OrleansOneShot.Cli.Output;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.App;

/// <summary>What a running command works with.</summary>
/// <param name="Streams">Where it writes.</param>
/// <param name="Json">Whether stdout carries JSON documents and nothing else.</param>
/// <param name="Interrupt">Ctrl-C or a request to terminate.</param>
internal sealed record CommandContext(CliStreams Streams, bool Json, CancellationToken Interrupt)
{
    /// <summary>Says a sentence to people.</summary>
    /// <param name="sentence">The sentence.</param>
    public void Say(string sentence) => Streams.Error.WriteLine(sentence);

    /// <summary>Opens the catalog of a data folder; a conversion of a single-file checkpoint is told, shown, and stopped with the command.</summary>
    /// <param name="data">The data folder.</param>
    public ModelCatalog OpenCatalog(DataFolder data) =>
        new(data)
        {
            Converting = sentence =>
            {
                Say(sentence);
                return new PullDisplay(Streams, "Converted ");
            },
            Interrupt = Interrupt,
        };

    /// <summary>Writes one JSON document on one line.</summary>
    /// <typeparam name="T">A document of <see cref="DocumentContext"/>.</typeparam>
    /// <param name="document">The document.</param>
    public void Write<T>(T document) => Streams.Output.WriteLine(DocumentWriter.ToJson(document));
}
