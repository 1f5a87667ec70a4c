using System.Text.Json;
using OrleansOneShot.Common;
using OrleansOneShot.Common.Systems;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>The records of runs that this machine began, files below the data folder.</summary>
/// <param name="data">The data folder.</param>
internal sealed class RunRecords(DataFolder data)
{
    private const string End = ".json";
    private const string NotesEnd = ".notes.jsonl";
    private const long MostBytes = 4 << 20;

    private readonly string _folder = Path.Combine(data.Root, StorePaths.DatasetRuns.TrimEnd('/'));

    /// <summary>Writes a record. One that was written before the run had an id goes.</summary>
    /// <param name="record">The record.</param>
    /// <exception cref="IOException">It can't be written.</exception>
    public void Save(RunRecord record)
    {
        data.Create();
        Directory.CreateDirectory(_folder);
        var file = FileOf(record);
        var beside = $"{file}.part-{Guid.NewGuid():N}";
        File.WriteAllBytes(beside, JsonSerializer.SerializeToUtf8Bytes(record, DocumentJson.Options));
        FileReplacement.Move(beside, file);
        if (record.Id is not null)
        {
            File.Delete(FileOf(record with { Id = null }));
        }
    }

    /// <summary>Finds the record of a run.</summary>
    /// <param name="id">The run; null: the latest.</param>
    /// <returns>The record; null if this machine began no such run from this folder.</returns>
    /// <exception cref="OneShotException">failed: the record is damaged.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    public RunRecord? Find(string? id)
    {
        if (id is not null)
        {
            var file = Path.Combine(_folder, id + End);
            return File.Exists(file) ? Read(file) : null;
        }

        return Directory.Exists(_folder)
            ? Directory.EnumerateFiles(_folder).Where(file => file.EndsWith(End, StringComparison.Ordinal)).Select(Read).MaxBy(record => record.Created)
            : null;
    }

    /// <summary>The file of what was noticed about a run's items.</summary>
    /// <param name="id">The run.</param>
    public ItemNotes NotesOf(string id) => new(Path.Combine(_folder, id + NotesEnd));

    private static RunRecord Read(string file)
    {
        try
        {
            return StrictJson.Read<RunRecord>(StrictJson.ReadFile(file, MostBytes), DocumentJson.Options);
        }
        catch (UnusableJsonException e)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Failed,
                    $"The record of a dataset run {file} can't be used: it {e.Message}.",
                    "data",
                    "Move it away; the run itself is listed by: oneshot dataset list"
                ),
                e
            );
        }
    }

    private string FileOf(RunRecord record) => Path.Combine(_folder, (record.Id ?? $"new-{record.Key}") + End);
}
