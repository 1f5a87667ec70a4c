using System.Text.Json;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Http;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>What was noticed about a run's items while they were read, such as how a mask was made: the reports tell it, whoever writes them when.</summary>
/// <param name="file">A file that grows by a line an item.</param>
internal sealed class ItemNotes(string file)
{
    private const int LongestNote = 400;
    private const int MostNotes = 20;

    /// <summary>Writes down what was noticed about an item.</summary>
    /// <param name="id">The item.</param>
    /// <param name="notes">Sentences.</param>
    /// <exception cref="IOException">It can't be written.</exception>
    public void Add(string id, IReadOnlyList<string> notes)
    {
        if (notes.Count > 0)
        {
            var line = new NoteLine(id, [.. notes.Take(MostNotes).Select(note => Wording.Cut(note, LongestNote))]);
            File.AppendAllText(file, JsonSerializer.Serialize(line, DocumentJson.Options) + "\n");
        }
    }

    /// <summary>Reads what was noticed; of an item that was read again, the last time counts.</summary>
    /// <returns>Sentences by the item's id.</returns>
    /// <exception cref="IOException">It can't be read.</exception>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Read()
    {
        var notes = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var text in File.Exists(file) ? File.ReadLines(file) : [])
        {
            try
            {
                var line = StrictJson.Read<NoteLine>(text, DocumentJson.Options);
                notes[line.Id] = line.Notes;
            }
            catch (UnusableJsonException)
            {
                // The process died while it wrote it: the item is read again, and then there is another one.
            }
        }

        return notes;
    }

    /// <summary>A line of the file.</summary>
    internal sealed record NoteLine(string Id, IReadOnlyList<string> Notes);
}
