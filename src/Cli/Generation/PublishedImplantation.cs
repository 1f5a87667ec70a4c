using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Tokens;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Generation;

/// <summary><c>--implantation ID|DIR</c>.</summary>
internal static class PublishedImplantation
{
    private const string Again = "Fetch the result again with: oneshot jobs download ID --out DIR. Or name the files as they are, with --lora and --embedding.";

    /// <summary>Finds the files of a job, or of a folder that implant or download filled.</summary>
    /// <param name="idOrFolder">A job's id, or a folder.</param>
    /// <param name="data">Where jobs lie.</param>
    /// <returns>The files, which are those that the manifest lists.</returns>
    /// <exception cref="InvalidInputException">Neither, not finished, or damaged.</exception>
    public static ImplantationFiles Find(string idOrFolder, DataFolder data)
    {
        string folder;
        string? manifest = null;
        var store = new SessionTarget(data).Store;
        if (Directory.Exists(idOrFolder))
        {
            folder = Path.GetFullPath(idOrFolder);
        }
        else if (JobId.IsValid(idOrFolder) && MayHave(store, idOrFolder))
        {
            folder = ResultFolder.Locate(data, idOrFolder) is { } published
                ? published
                : throw new InvalidInputException(
                    $"Job {idOrFolder} has published nothing.",
                    "implantation",
                    $"Wait for it with: oneshot jobs watch {idOrFolder}{data.AsOption()}"
                );
            manifest = store.FileOf(StorePaths.Manifest(idOrFolder));
        }
        else
        {
            throw new InvalidInputException(
                $"--implantation {idOrFolder} is neither a folder nor a job in {data}.",
                "implantation",
                "List the jobs with: oneshot jobs list"
            );
        }

        var files = ImplantationFiles.In(folder);
        var own = Path.Combine(folder, StorePaths.ManifestName);
        var listing = File.Exists(own) ? own : manifest;
        if (!File.Exists(listing))
        {
            // The files are the user's own affair.
            return files;
        }

        RequireWhole(folder, listing, files.All);
        return files with { Embeddings = WithoutEarlier(folder, listing, files.Embeddings) };
    }

    // Only a store of files tells at a glance that it holds nothing of a job.
    private static bool MayHave(StoreLocation store, string id) => store.FileOf(StorePaths.Job(id)) is not { } folder || Directory.Exists(folder);

    /// <summary>
    /// A result replaces files of the same names and leaves others: where an earlier version wrote its tokens under other names, those that the manifest lists
    /// count, not what they took the place of.
    /// </summary>
    private static IReadOnlyList<string> WithoutEarlier(string folder, string manifest, IReadOnlyList<string> embeddings)
    {
        var own = DownloadedResult.FindListed(folder, manifest, embeddings);
        if (own.Count == 0 || own.Count == embeddings.Count)
        {
            return embeddings;
        }

        var names = own.Select(file => LearnedEmbeddingsFile.NamesOf(file).Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. embeddings.Where(file => own.Contains(file) || !names.Contains(LearnedEmbeddingsFile.NamesOf(file).Name))];
    }

    /// <summary>What the manifest lists must be what it says; files that it does not list are the user's own affair.</summary>
    private static void RequireWhole(string folder, string manifest, IEnumerable<string> files)
    {
        string? damaged;
        try
        {
            damaged = DownloadedResult.FindDamaged(folder, manifest, files);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidInputException($"{manifest} can't be read, so nobody can tell whether the files beside it are whole.", "implantation", Again, e);
        }

        if (damaged is not null)
        {
            throw new InvalidInputException($"{damaged} was damaged or replaced: its bytes are not those that {manifest} lists.", "implantation", Again);
        }
    }
}
