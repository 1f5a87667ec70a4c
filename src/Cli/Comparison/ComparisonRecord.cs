using System.Collections.Immutable;
using System.Text.Json;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Common;
using OrleansOneShot.Common.Systems;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>What a comparison's folder remembers: by it the same command goes on where it was, and another one is refused.</summary>
internal sealed record ComparisonRecord
{
    private const string FileName = "compare.json";
    private const long MostBytes = 64 << 20;

    /// <summary>All that decides which cells there are, and what each trains; a text that is compared as it is.</summary>
    public required string Plan { get; init; }

    /// <summary>The keys under which the dataset runs are made, by stage: each once, however often that is tried.</summary>
    public IReadOnlyDictionary<string, string> Keys { get; init; } = new Dictionary<string, string>();

    /// <summary>What tuning has chosen, a setting's number from 1 by method; empty until it has.</summary>
    public IReadOnlyDictionary<string, int> Chosen { get; init; } = new Dictionary<string, int>();

    /// <summary>Seconds that slots worked, by cell.</summary>
    public IReadOnlyDictionary<string, double> Seconds { get; init; } = ImmutableSortedDictionary<string, double>.Empty;

    /// <summary>Reads a folder's record, or begins one; nothing is written.</summary>
    /// <param name="folder">Absolute path of the folder.</param>
    /// <param name="plan">What is to be compared.</param>
    /// <returns>The record.</returns>
    /// <exception cref="InvalidInputException">The folder holds another comparison.</exception>
    /// <exception cref="OneShotException">failed: the record is damaged.</exception>
    public static ComparisonRecord Open(string folder, string plan)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            return new ComparisonRecord { Plan = plan };
        }

        ComparisonRecord record;
        try
        {
            record = StrictJson.Read<ComparisonRecord>(StrictJson.ReadFile(file, MostBytes), DocumentJson.Options);
        }
        catch (UnusableJsonException e)
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.Failed, $"The record of a comparison {file} can't be used: it {e.Message}.", "out", "Take another --out."),
                e
            );
        }

        return record.Plan == plan
            ? record
            : throw new InvalidInputException(
                $"The folder {folder} holds another comparison: objects, methods, seeds or options differ.",
                "out",
                "Take another --out, or give the same options as before."
            );
    }

    /// <summary>The record with a key for a stage.</summary>
    /// <param name="stage">The stage.</param>
    public ComparisonRecord WithKey(string stage) =>
        Keys.ContainsKey(stage) ? this : this with { Keys = new Dictionary<string, string>(Keys) { [stage] = IdempotencyKey.New() } };

    /// <summary>Writes the record; an earlier one is replaced as a whole.</summary>
    /// <param name="folder">Absolute path of the folder.</param>
    /// <exception cref="IOException">It can't be written.</exception>
    public void Save(string folder) => ComparisonFiles.Write(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, DocumentJson.Options));
}

/// <summary>Files of a comparison's folder: whole or not at all.</summary>
internal static class ComparisonFiles
{
    /// <summary>Writes a file beside itself first.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <exception cref="IOException">It can't be written.</exception>
    public static void Write(string path, byte[] bytes)
    {
        CreationMask.CreateUsersFolder(Path.GetDirectoryName(path)!);
        var beside = $"{path}.part-{Guid.NewGuid():N}";
        try
        {
            File.WriteAllBytes(beside, bytes);
            CreationMask.GiveToUser(beside);
            FileReplacement.Move(beside, path);
        }
        finally
        {
            File.Delete(beside);
        }
    }
}
