using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.ModelHub;

/// <summary>
/// Puts a model into a cluster's artifact store, from where each silo fetches it when a job needs it. Files that are there already are not sent again; the
/// manifest is written last, once.
/// </summary>
public static class ModelPush
{
    private const int HashDigits = 8;

    /// <summary>Puts a model into the store.</summary>
    /// <param name="store">The cluster's store.</param>
    /// <param name="model">The model.</param>
    /// <param name="name">
    /// Its name there; null takes <see cref="ModelEntry.Name"/> where that is of the same files, else the folder's name and a hash of the files.
    /// </param>
    /// <param name="progress">Told from any thread; or null.</param>
    /// <param name="cancellationToken">Stops; files that are there already stay, and no one sees them.</param>
    /// <returns>The model as silos know it.</returns>
    /// <exception cref="InvalidInputException">The folder holds no model that can be fetched, or the name can't be one.</exception>
    /// <exception cref="OneShotException">The name belongs to another model (conflict), or a limit is exceeded.</exception>
    /// <exception cref="IOException">The store is full, read-only or out of reach, or a file can't be read.</exception>
    public static async Task<PushedModel> RunAsync(
        IArtifactStore store,
        ModelEntry model,
        string? name = null,
        IProgress<PullProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(model);
        var options = new ModelPullOptions();
        var choice = Choose(model, options);
        var files = new PulledFile[choice.Files.Count];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, files.Length),
            new ParallelOptions { MaxDegreeOfParallelism = options.Parallel, CancellationToken = cancellationToken },
            async (i, token) =>
            {
                var file = choice.Files[i];
                await using var stream = File.OpenRead(Path.Combine(model.Folder, file.Path));
                files[i] = new PulledFile(file.Path, file.Bytes, Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, token)));
            }
        );

        var stored = new StoredModels(store);
        if (name is not null)
        {
            RequireName(name);
        }

        // The name of a folder that was given by path may be one that no request can hold.
        foreach (var candidate in (name is null ? [model.Name, NameOf(model, files)] : (string[])[name]).Where(TextRules.IsName))
        {
            if (IsSame(await stored.ReadAsync(candidate, cancellationToken), files))
            {
                // The mark comes last: from then on a collection leaves the model alone, and one that was faster has taken the manifest.
                if (await HasAllAsync(store, files, cancellationToken) && await stored.TouchAsync(candidate, cancellationToken))
                {
                    return new PushedModel(candidate, choice.Kind, files, 0);
                }

                name = candidate;
                break;
            }
        }

        var meter = new PullMeter(files.Sum(file => file.Bytes), progress);
        foreach (var file in files)
        {
            await SendAsync(store, model.Folder, file, meter, cancellationToken);
        }

        var published = name ?? NameOf(model, files);
        return
            await stored.TryPublishAsync(published, new StoredModel(files), cancellationToken)
            || (IsSame(await stored.ReadAsync(published, cancellationToken), files) && await stored.TouchAsync(published, cancellationToken))
            ? new PushedModel(published, choice.Kind, files, meter.FetchedBytes)
            : throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Conflict,
                    $"The cluster has another model named {published} already.",
                    "name",
                    "Give this one another name with --name."
                )
            );
    }

    private static ModelFileChoice Choose(ModelEntry model, ModelPullOptions options)
    {
        try
        {
            var files = Directory
                .EnumerateFiles(model.Folder, "*", SearchOption.AllDirectories)
                .Select(path => new HostFile(Path.GetRelativePath(model.Folder, path).Replace('\\', '/'), LinkedFile.Of(path).Length, null, null));
            return ModelFileChoice.Among([.. files], options);
        }
        catch (InvalidInputException e)
        {
            throw new InvalidInputException(
                $"{model.Folder}: {e.Message.Replace("The repository", "the folder", StringComparison.Ordinal)}",
                "model",
                "Name a model in diffusers' layout, or a CLIP.",
                e
            );
        }
    }

    private static void RequireName(string name)
    {
        if (!TextRules.IsName(name))
        {
            throw new InvalidInputException(
                $"'{RepositoryPath.Shown(name)}' can't name a model of a cluster.",
                "name",
                $"Use {TextRules.NameForm}, and begin with a letter or a digit."
            );
        }
    }

    // Somebody may have deleted a damaged file, as a silo that found it so advises; and what the store remembers of a file does not tell whether its bytes are
    // still the right ones.
    private static async Task<bool> HasAllAsync(IArtifactStore store, PulledFile[] files, CancellationToken cancellationToken)
    {
        foreach (var file in files)
        {
            if (!await store.HoldsAsync(InfoOf(file), cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    private static ArtifactInfo InfoOf(PulledFile file) => new(PathOf(file), file.Bytes, file.Sha256);

    private static string PathOf(PulledFile file) => StoredModels.FilePath(new HostFile(file.Path, file.Bytes, file.Sha256, null));

    // The same files always have the same name, so that a model is sent once, whoever sends it.
    private static string NameOf(ModelEntry model, PulledFile[] files)
    {
        var list = string.Concat(files.Select(file => string.Create(CultureInfo.InvariantCulture, $"{file.Path}\n{file.Bytes}\n{file.Sha256}\n")));
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(list)))[..HashDigits];
        var stem = new string([
            .. Path.GetFileName(model.Folder)
                .Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-')
                .Take(TextRules.Name - HashDigits - 1),
        ]).TrimStart('-', '_', '.');
        return $"{(stem.Length == 0 ? "model" : stem)}-{hash}";
    }

    private static bool IsSame(IReadOnlyList<HostFile>? there, PulledFile[] files) =>
        there is not null
        && there.Select(file => new PulledFile(file.Path, file.Bytes, file.Sha256!)).OrderBy(file => file.Path, StringComparer.Ordinal).SequenceEqual(files);

    private static async Task SendAsync(IArtifactStore store, string folder, PulledFile file, PullMeter meter, CancellationToken cancellationToken)
    {
        var path = PathOf(file);
        if (await store.HoldsAsync(InfoOf(file), cancellationToken) && await store.TouchAsync(path, cancellationToken))
        {
            meter.Found(file.Bytes);
            return;
        }

        await using var content = new MeteredStream(File.OpenRead(Path.Combine(folder, file.Path)), meter);
        try
        {
            // What is there but has other bytes is damaged, and is replaced.
            var isThere = await store.GetInfoAsync(path, cancellationToken) is not null;
            var written = await store.WriteAsync(path, content, isThere ? WriteCondition.Any : WriteCondition.MustNotExist, cancellationToken);
            if (written.Sha256 != file.Sha256)
            {
                await store.DeleteAsync(path, CancellationToken.None);
                throw new OneShotException(
                    new ErrorDetail(
                        ErrorCodes.Conflict,
                        $"{file.Path} was changed while it was sent.",
                        "model",
                        "Send the model again when nobody writes to its folder."
                    )
                );
            }
        }
        catch (ArtifactExistsException)
        {
            // Somebody else has sent the same bytes.
        }
    }
}

/// <summary>A model in a cluster's artifact store.</summary>
/// <param name="Name">Its name, as requests carry it.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Files">Its files, by path.</param>
/// <param name="Sent">Bytes that were sent now; the rest was there.</param>
public sealed record PushedModel(string Name, ModelKind Kind, IReadOnlyList<PulledFile> Files, long Sent);
