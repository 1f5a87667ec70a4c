using OrleansOneShot.Common.Systems;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.ModelHub;

/// <summary>The folder in which a model gathers until it is whole. One process at a time works on a name.</summary>
internal sealed class ModelLanding : IDisposable
{
    private readonly string _target;
    private readonly FileStream? _lock;

    private ModelLanding(string folder, string name, string target, FileStream? @lock)
    {
        Folder = folder;
        Name = name;
        _target = target;
        _lock = @lock;
    }

    /// <summary>The model's name.</summary>
    public string Name { get; }

    /// <summary>Where the files gather; on the same disk as the model's place.</summary>
    public string Folder { get; }

    /// <summary>Opens the folder, with what earlier runs left in it.</summary>
    /// <exception cref="OneShotException">Another process works on that name.</exception>
    public static ModelLanding Open(DataFolder data, string name) =>
        TryOpen(data, name)
        ?? throw new OneShotException(
            new ErrorDetail(ErrorCodes.Conflict, $"Another process is bringing in the model {name}.", "name", "Wait until it is done.")
        );

    /// <summary>
    /// Opens the folder if nobody, in this process or another, works on that name. The lock is the operating system's on an open file, so it ends with its
    /// process, however that ends.
    /// </summary>
    /// <returns>The folder, with what earlier runs left in it; null if somebody works on it.</returns>
    /// <exception cref="IOException">The data folder can't be written.</exception>
    public static ModelLanding? TryOpen(DataFolder data, string name)
    {
        data.Create();
        var arriving = Directory.CreateDirectory(Path.Combine(data.ModelFolders, ".arriving")).FullName;
        FileStream held;
        try
        {
            held = new FileStream(Path.Combine(arriving, name + ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (FileErrors.IsHeld(e))
        {
            return null;
        }

        try
        {
            return new ModelLanding(Directory.CreateDirectory(Path.Combine(arriving, name)).FullName, name, Path.Combine(data.ModelFolders, name), held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Opens an empty folder beside a place that is of no data folder.</summary>
    public static ModelLanding Beside(string target)
    {
        var parent = Path.GetDirectoryName(Path.GetFullPath(target))!;
        CreationMask.CreateUsersFolder(parent);
        return new ModelLanding(
            Directory.CreateDirectory(Path.Combine(parent, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}")).FullName,
            Path.GetFileName(target),
            target,
            null
        );
    }

    /// <summary>Checks the model and moves it to its place.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="files">Its files; whatever else lies in the folder is deleted.</param>
    /// <exception cref="InvalidInputException">The model can't be used; the folder stays.</exception>
    /// <returns>The model in its place.</returns>
    public ModelEntry Land(ModelKind kind, IReadOnlyCollection<string> files)
    {
        foreach (
            var path in Directory
                .EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
                .Where(path => !files.Contains(Path.GetRelativePath(Folder, path).Replace('\\', '/')))
        )
        {
            File.Delete(path);
        }

        var reports = kind == ModelKind.Clip ? [ModelFolder.VerifyClip(Folder)] : ModelFolder.Open(Folder).Verify().Parts;
        if (reports.FirstOrDefault(report => report.Problems.Count > 0) is { } unsound)
        {
            throw new InvalidInputException($"The model is not sound: {unsound.Problems[0]}", unsound.Part, "Take another revision or another repository.");
        }

        if (Directory.Exists(_target))
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.Conflict, $"{_target} is in the way of the model {Name}, and is no model.", "data", "Delete that folder.")
            );
        }

        Directory.Move(Folder, _target);
        return new ModelEntry(Name, _target, Shipped: false, kind);
    }

    /// <inheritdoc/>
    public void Dispose() => _lock?.Dispose();
}
