using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OrleansOneShot.Common;
using OrleansOneShot.Common.Systems;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Recipe;
using OrleansOneShot.Storage;

namespace OrleansOneShot.ModelHub;

/// <summary>
/// Where models lie. Requests carry names only, so that a job runs on any machine that knows the name: shipped models and those below the data folder's
/// <c>models</c> are known by their folder's name, and a folder given by path is remembered under a name made of its own name and its path's hash.
/// </summary>
public sealed class ModelCatalog
{
    /// <summary>The model that is taken when none is named.</summary>
    public const string Default = Defaults.Model;

    private const int MaximumBytes = 16 << 20;
    private static readonly TimeSpan s_lockPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_lockPause = TimeSpan.FromMilliseconds(5);

    private readonly DataFolder _data;
    private readonly string? _shipped;

    /// <summary>Creates the catalog of a data folder.</summary>
    /// <param name="data">Where given paths are remembered.</param>
    /// <param name="shippedFolder">Folder of the shipped models; null looks for <c>models</c> beside the program and above.</param>
    public ModelCatalog(DataFolder data, string? shippedFolder = null)
    {
        _data = data;
        _shipped = shippedFolder ?? FindShipped();
    }

    /// <summary>
    /// Told, in a sentence, when a single-file checkpoint is converted, which may take minutes; gives who hears how far it is. Null: nobody is told.
    /// </summary>
    public Func<string, IProgress<TransferProgress>>? Converting { get; init; }

    /// <summary>Looks up a variable of the environment, for the place of the Hugging Face cache; null takes the process's own.</summary>
    public Func<string, string?>? Variable { get; init; }

    /// <summary>Stops a conversion.</summary>
    public CancellationToken Interrupt { get; init; }

    /// <summary>Weights in the precision that is computed in, shared by all slots and processes of this host; may be deleted at any time.</summary>
    public ConvertedWeights Converted => ConvertedAndTold(null);

    /// <summary>As <see cref="Converted"/>.</summary>
    /// <param name="tellDamaged">Is told of each file that is damaged and converted again, by its path; or null.</param>
    /// <returns>The weights.</returns>
    public ConvertedWeights ConvertedAndTold(Action<string>? tellDamaged) => new(Path.Combine(_data.Root, "models-cache"), tellDamaged: tellDamaged);

    /// <summary>The folder of a model by its name.</summary>
    /// <param name="name">A name of <see cref="List"/>.</param>
    /// <returns>Absolute path of the folder.</returns>
    /// <exception cref="InvalidInputException">No such model.</exception>
    public string GetFolder(string name)
    {
        foreach (var entry in List())
        {
            if (entry.Name == name)
            {
                return Directory.Exists(entry.Folder)
                    ? entry.Folder
                    : throw new InvalidInputException(
                        $"The folder {entry.Folder} of model {name} is gone.",
                        "model",
                        "Give the model's present folder with --model."
                    );
            }
        }

        throw new InvalidInputException(
            $"There is no model named {name}; known are {Names()}.",
            "model",
            "Give one of these names, or the path of a diffusers folder."
        );
    }

    /// <summary>Finds a model by what a user typed, and remembers nothing; a single-file checkpoint that is new is converted into the data folder.</summary>
    /// <param name="nameOrPath">
    /// A name, the path of a folder or of a checkpoint, or a repository of the local Hugging Face cache as OWNER/NAME[@REVISION].
    /// </param>
    /// <param name="field">The option, for messages.</param>
    /// <returns>The entry, whose name is not yet known to <see cref="GetFolder"/> when it was given by path.</returns>
    /// <exception cref="InvalidInputException">Neither a known name nor a folder.</exception>
    public ModelEntry Find(string nameOrPath, string field = "model")
    {
        ArgumentNullException.ThrowIfNull(nameOrPath);
        var known = List().FirstOrDefault(entry => entry.Name == nameOrPath);
        if (known is not null)
        {
            return known with { Folder = GetFolder(known.Name) };
        }

        var path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(nameOrPath.Length == 0 ? "." : nameOrPath));
        if (field == "model" && SingleFileModels.IsCandidate(path))
        {
            return SingleFileModels.Find(_data, path, converting: Converting, cancellationToken: Interrupt);
        }

        if (nameOrPath.Length > 0 && !Path.Exists(path) && HubCache.Find(nameOrPath, field, Variable) is { } snapshot)
        {
            path = snapshot;
        }

        if (nameOrPath.Length == 0 || !Directory.Exists(path))
        {
            throw NotFound(nameOrPath, path, field);
        }

        return List().FirstOrDefault(entry => entry.Folder == path) ?? new ModelEntry(NameOf(path), path, Shipped: false, KindOf(path) ?? ModelKind.Base);
    }

    /// <summary>Remembers a folder, so that its name can be resolved from now on.</summary>
    /// <param name="entry">What <see cref="Find"/> gave.</param>
    /// <exception cref="IOException">The data folder can't be written.</exception>
    public void Register(ModelEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.Shipped || IsOwn(entry.Folder))
        {
            return;
        }

        _data.Create();

        // Commands that start together read and write one after the other: none may forget another one's model.
        using var alone = Lock();
        var all = Remembered();
        if (all.TryGetValue(entry.Name, out var folder) && folder == entry.Folder)
        {
            return;
        }

        all[entry.Name] = entry.Folder;
        var beside = $"{_data.Models}.{Environment.ProcessId}";
        File.WriteAllBytes(beside, JsonSerializer.SerializeToUtf8Bytes(all, ModelJsonContext.Default.DictionaryStringString));
        FileReplacement.Move(beside, _data.Models);
    }

    /// <summary>All known models: the shipped ones, those that were fetched or converted, then those given by path.</summary>
    /// <returns>Entries, each group by name.</returns>
    public IReadOnlyList<ModelEntry> List()
    {
        var entries = new List<ModelEntry>();
        if (_shipped is not null)
        {
            entries.AddRange(
                Directory
                    .EnumerateDirectories(_shipped)
                    .Where(folder => File.Exists(Path.Combine(folder, "model_index.json")))
                    .Select(folder => new ModelEntry(Path.GetFileName(folder), folder, Shipped: true))
                    .OrderBy(entry => entry.Name, StringComparer.Ordinal)
            );
        }

        if (Directory.Exists(_data.ModelFolders))
        {
            // A name that starts with a dot is of a folder whose model is still on its way.
            entries.AddRange(
                Directory
                    .EnumerateDirectories(_data.ModelFolders)
                    .Where(folder => Path.GetFileName(folder)[0] != '.' && !entries.Exists(entry => entry.Name == Path.GetFileName(folder)))
                    .Select(folder => (Folder: folder, Kind: KindOf(folder)))
                    .Where(found => found.Kind is not null)
                    .Select(found => new ModelEntry(Path.GetFileName(found.Folder), found.Folder, Shipped: false, found.Kind!.Value))
                    .OrderBy(entry => entry.Name, StringComparer.Ordinal)
                    .ToList()
            );
        }

        entries.AddRange(
            Remembered()
                .OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => new ModelEntry(pair.Key, pair.Value, Shipped: false, KindOf(pair.Value) ?? ModelKind.Base))
        );
        return entries;
    }

    private InvalidInputException NotFound(string given, string path, string field)
    {
        var what =
            File.Exists(path) ? $"is {LinkedFile.WhatIs(path)}, not a model folder"
            : RepositoryPath.IsRepository(given) && given.Contains('/', StringComparison.Ordinal)
                ? $"is neither a known model, nor a folder, nor a repository in the Hugging Face cache {HubCache.Folder(Variable)}"
            : "is neither a known model nor a folder";
        var pull =
            RepositoryPath.IsRepository(given) && given.Contains('/', StringComparison.Ordinal)
                ? $" A repository is fetched with: oneshot models pull {given}"
                : "";
        return new InvalidInputException(
            $"'{given}' {what}; known models are {Names()}.",
            field,
            $"Give one of these names, or the path of a diffusers folder, with --{field}.{pull}"
        );
    }

    private static ModelKind? KindOf(string folder) =>
        File.Exists(Path.Combine(folder, "model_index.json")) ? ModelKind.Base
        : File.Exists(Path.Combine(folder, "config.json")) ? ModelKind.Clip
        : null;

    private bool IsOwn(string folder) => Path.GetDirectoryName(folder) == _data.ModelFolders;

    private static string NameOf(string path)
    {
        var folder = new string([
            .. (HubSnapshot.NameOf(path) ?? Path.GetFileName(path)).Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'),
        ]);
        return $"{(folder.Length == 0 ? "model" : folder)}-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)))[..8]}";
    }

    private static string? FindShipped()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var models = Path.Combine(folder.FullName, "models");
            if (File.Exists(Path.Combine(models, Default, "model_index.json")))
            {
                return models;
            }
        }

        return null;
    }

    private FileStream Lock()
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(_data.Models + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (Stopwatch.GetElapsedTime(since) < s_lockPatience && File.Exists(_data.Models + ".lock"))
            {
                Thread.Sleep(s_lockPause);
            }
        }
    }

    private string Names()
    {
        var names = Wording.List(List().Select(entry => entry.Name), most: 40);
        return names.Length == 0 ? "none" : names;
    }

    private Dictionary<string, string> Remembered()
    {
        try
        {
            return StrictJson.Read(StrictJson.ReadFile(_data.Models, MaximumBytes), ModelJsonContext.Default.DictionaryStringString);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (UnusableJsonException e)
        {
            throw new InvalidInputException($"{_data.Models} {e.Message}.", "data", "Correct or delete that file.", e);
        }
    }
}

/// <summary>A model that this machine knows.</summary>
/// <param name="Name">Its name, as requests carry it.</param>
/// <param name="Folder">Absolute path of its folder.</param>
/// <param name="Shipped">Whether it came with the program.</param>
/// <param name="Kind">What it is for, as far as its folder tells.</param>
public sealed record ModelEntry(string Name, string Folder, bool Shipped, ModelKind Kind = ModelKind.Base);

/// <summary>What a model is for.</summary>
public enum ModelKind
{
    /// <summary>A base model that draws.</summary>
    Base,

    /// <summary>A CLIP with both towers, for <c>--clip</c>.</summary>
    Clip,
}
