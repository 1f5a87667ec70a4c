using System.Text.Json;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Common;
using OrleansOneShot.Common.Systems;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>What a comparison's folder remembers besides results, so that an interrupted run goes on.</summary>
internal sealed record ComparisonRecord
{
    private const string FileName = "compare.json";
    private const long MostBytes = 64 << 20;

    /// <summary>The key under which the latest dataset run of a stage is made, by stage: once, however often that is tried.</summary>
    public IReadOnlyDictionary<string, string> Keys { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads a folder's record, or begins one; nothing is written.</summary>
    /// <param name="folder">Absolute path of the folder.</param>
    /// <returns>The record.</returns>
    /// <exception cref="OneShotException">failed: the record is damaged.</exception>
    public static ComparisonRecord Open(string folder)
    {
        var file = Path.Combine(folder, FileName);
        if (!File.Exists(file))
        {
            return new ComparisonRecord();
        }

        try
        {
            return StrictJson.Read<ComparisonRecord>(StrictJson.ReadFile(file, MostBytes), DocumentJson.Options);
        }
        catch (UnusableJsonException e)
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.Failed, $"The record of a comparison {file} can't be used: it {e.Message}.", "out", "Take another --out."),
                e
            );
        }
    }

    /// <summary>The record with a new key for a stage.</summary>
    /// <param name="stage">The stage.</param>
    public ComparisonRecord WithNewKey(string stage) => this with { Keys = new Dictionary<string, string>(Keys) { [stage] = IdempotencyKey.New() } };

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
