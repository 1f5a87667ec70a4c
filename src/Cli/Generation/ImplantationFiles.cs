using System.Text.Json;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Tokens;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Generation;

/// <summary>What a finished implantation gives to new pictures.</summary>
/// <param name="Lora">Its LoRA file.</param>
/// <param name="Embeddings">Its learned tokens.</param>
/// <param name="Model">Name of its base model; null if its request does not say.</param>
internal sealed record ImplantationFiles(string Lora, IReadOnlyList<string> Embeddings, string? Model)
{
    private const string Again = "Fetch the result again with: oneshot jobs download ID --out DIR. Or name the files as they are, with --lora and --embedding.";
    private const int MaximumRequestBytes = 16 << 20;

    /// <summary>Finds the files of a job, or of a folder that implant or download filled.</summary>
    /// <param name="idOrFolder">A job's id, or a folder.</param>
    /// <param name="data">Where jobs lie.</param>
    /// <returns>The files.</returns>
    /// <exception cref="InvalidInputException">Neither, or not finished.</exception>
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

        var loras = Files(folder, "*.safetensors").Where(file => Path.GetFileName(file) != "pytorch_lora_weights.safetensors").ToList();
        if (loras.Count != 1)
        {
            throw new InvalidInputException(
                $"{folder} holds {loras.Count} LoRA files; the result of an implantation holds one.",
                "implantation",
                "Name the files with --lora and --embedding."
            );
        }

        var (embeddings, request) = (Files(Path.Combine(folder, "learned_embeds"), "*.safetensors"), Path.Combine(folder, "request.json"));
        var own = Path.Combine(folder, ResultFolder.Manifest);
        var listed = Listed(File.Exists(own) ? own : manifest);
        RequireWhole(folder, listed, [loras[0], .. embeddings, .. File.Exists(request) ? [request] : Array.Empty<string>()]);
        return new ImplantationFiles(loras[0], WithoutEarlier(folder, listed, embeddings), ReadModel(request));
    }

    // Only a store of files tells at a glance that it holds nothing of a job.
    private static bool MayHave(StoreLocation store, string id) => store.FileOf(StorePaths.Job(id)) is not { } folder || Directory.Exists(folder);

    /// <summary>What a manifest lists, by path; nothing without one.</summary>
    private static ListedFiles Listed(string? manifest)
    {
        if (!File.Exists(manifest))
        {
            return new ListedFiles("", []);
        }

        try
        {
            return new ListedFiles(manifest, PublishedResult.Parse("result", ResultFolder.ReadManifest(manifest)).Files);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidInputException($"{manifest} can't be read, so nobody can tell whether the files beside it are whole.", "implantation", Again, e);
        }
    }

    /// <summary>What the manifest lists must be what it says; a folder without one, or files that it does not list, are the user's own affair.</summary>
    private static void RequireWhole(string folder, ListedFiles listed, IReadOnlyList<string> files)
    {
        foreach (var file in files)
        {
            if (listed.Find(folder, file) is { } entry && !ResultFolder.Holds(entry, file))
            {
                throw new InvalidInputException(
                    $"{file} was damaged or replaced: its bytes are not those that {listed.Manifest} lists.",
                    "implantation",
                    Again
                );
            }
        }
    }

    /// <summary>
    /// A result replaces files of the same names and leaves others: where an earlier version wrote its tokens under other names, those that the manifest lists
    /// count, not what they took the place of.
    /// </summary>
    private static List<string> WithoutEarlier(string folder, ListedFiles listed, List<string> embeddings)
    {
        var own = embeddings.Where(file => listed.Find(folder, file) is not null).ToList();
        if (own.Count == 0 || own.Count == embeddings.Count)
        {
            return embeddings;
        }

        var names = own.Select(file => LearnedEmbeddingsFile.NamesOf(file).Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. embeddings.Where(file => own.Contains(file) || !names.Contains(LearnedEmbeddingsFile.NamesOf(file).Name))];
    }

    private static List<string> Files(string folder, string pattern) =>
        Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder, pattern).Order(StringComparer.Ordinal)] : [];

    private static string? ReadModel(string request)
    {
        try
        {
            return StrictJson.Parse(StrictJson.ReadFile(request, MaximumRequestBytes)).Member("model", JsonValueKind.Object).Text("name");
        }
        catch (Exception e) when (e is FileNotFoundException or UnusableJsonException)
        {
            // It is read for convenience alone: --model says it as well.
            return null;
        }
    }
}

/// <summary>What a manifest lists.</summary>
/// <param name="Manifest">Its path.</param>
/// <param name="Files">The files.</param>
internal sealed record ListedFiles(string Manifest, IReadOnlyList<PublishedFile> Files)
{
    /// <summary>The entry of a file of the result's folder; null if there is none.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="file">The file.</param>
    public PublishedFile? Find(string folder, string file)
    {
        var name = Path.GetRelativePath(folder, file).Replace(Path.DirectorySeparatorChar, '/');
        return Files.FirstOrDefault(entry => entry.Path == name);
    }
}
