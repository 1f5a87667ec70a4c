using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Silo.Embedded;

namespace OrleansOneShot.Silo.Models;

/// <summary>The folder in which a model gathers until it is whole. One process at a time works on a name.</summary>
internal sealed class ModelLanding : IDisposable
{
    private readonly string _target;
    private readonly FileStream? _lock;

    private ModelLanding(string folder, string target, FileStream? @lock)
    {
        Folder = folder;
        _target = target;
        _lock = @lock;
    }

    /// <summary>Where the files gather; on the same disk as the model's place.</summary>
    public string Folder { get; }

    /// <summary>Opens the folder, with what earlier runs left in it.</summary>
    /// <exception cref="OneShotException">Another process works on that name.</exception>
    public static ModelLanding Open(DataFolder data, string name)
    {
        data.Create();
        var arriving = Path.Combine(data.ModelFolders, ".arriving");
        var folder = Directory.CreateDirectory(Path.Combine(arriving, name)).FullName;
        try
        {
            return new ModelLanding(folder, Path.Combine(data.ModelFolders, name), new FileStream(Path.Combine(arriving, name + ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.Conflict, $"Another process is bringing in the model {name}.", "name", "Wait until it is done."), e);
        }
    }

    /// <summary>Opens an empty folder beside a place that is of no data folder.</summary>
    public static ModelLanding Beside(string target)
    {
        var parent = Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!).FullName;
        return new ModelLanding(Directory.CreateDirectory(Path.Combine(parent, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}")).FullName, target, null);
    }

    /// <summary>Checks the model and moves it to its place.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="files">Its files; whatever else lies in the folder is deleted.</param>
    /// <exception cref="InvalidInputException">The model can't be used; the folder stays.</exception>
    public void Land(ModelKind kind, IReadOnlyCollection<string> files)
    {
        foreach (var path in Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Where(path => !files.Contains(Path.GetRelativePath(Folder, path).Replace('\\', '/'))))
        {
            File.Delete(path);
        }

        var reports = kind == ModelKind.Clip ? [ModelFolder.VerifyClip(Folder)] : ModelFolder.Open(Folder).Verify().Parts;
        if (reports.FirstOrDefault(report => report.Problems.Count > 0) is { } unsound)
        {
            throw new InvalidInputException($"The model is not sound: {unsound.Problems[0]}", unsound.Part, "Take another revision or another repository.");
        }

        Directory.Move(Folder, _target);
    }

    /// <inheritdoc/>
    public void Dispose() => _lock?.Dispose();
}
