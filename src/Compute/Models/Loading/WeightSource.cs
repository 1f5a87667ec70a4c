using OrleansOneShot.Compute.Safetensors;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>The weights of one part of a model: one safetensors file, or several named by an index.</summary>
internal sealed class WeightSource : IDisposable
{
    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _owners = [];

    private WeightSource(string shown, IReadOnlyList<string> paths)
    {
        Shown = shown;
        Paths = paths;
    }

    /// <summary>The name used in messages, such as <c>unet/diffusion_pytorch_model.safetensors</c>.</summary>
    public string Shown { get; }

    /// <summary>The files, in the order of their names.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>What each key's header says.</summary>
    public Dictionary<string, TensorEntry> Entries { get; } = [];

    /// <summary>Opens the weights of a folder and checks all headers.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="part">Its name in messages, such as <c>unet</c>.</param>
    /// <param name="stem"><c>diffusion_pytorch_model</c> or <c>model</c>.</param>
    /// <exception cref="InvalidInputException">No weights, only pickles, an unsound file or index.</exception>
    public static WeightSource Open(string folder, string part, string stem)
    {
        var (shown, paths) = WeightFiles.Find(folder, part, stem);
        var source = new WeightSource(shown, paths);
        try
        {
            foreach (var path in paths)
            {
                source.Add(path, part);
            }
        }
        catch
        {
            source.Dispose();
            throw;
        }

        return source;
    }

    /// <summary>Opens one file that holds several parts.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidInputException">Missing, or not a sound safetensors file.</exception>
    public static WeightSource OfFile(string path)
    {
        var source = new WeightSource(Path.GetFileName(path), [path]);
        var file = SafetensorsFile.Open(path);
        source._files.Add(file);
        foreach (var (key, entry) in file.Header.Tensors)
        {
            source.Entries.Add(key, entry);
            source._owners.Add(key, file);
        }

        return source;
    }

    /// <summary>The name of the file that holds a tensor, as in messages.</summary>
    /// <param name="key">Its key.</param>
    public string FileOf(string key) => Paths.Count == 1 ? Shown : $"{Path.GetDirectoryName(Shown)}/{_owners[key].Name}";

    /// <summary>Whether a tensor's values are finite, also as float32, which everything begins with.</summary>
    /// <param name="key">Its key.</param>
    public bool IsFinite(string key)
    {
        using var scope = NewDisposeScope(); // one tensor at a time
        return Get(key).to(ScalarType.Float32).IsAllFinite();
    }

    /// <summary>A tensor as a view of its file's mapping.</summary>
    public Tensor Get(string key) => _owners[key].Get(Entries[key]);

    /// <summary>What the files' headers say besides tensors (<c>__metadata__</c>); null where none has such an entry.</summary>
    public string? MetadataOf(string name) => _files.Select(file => file.Header.Metadata.GetValueOrDefault(name)).FirstOrDefault(value => value is not null);

    /// <summary>Shows one tensor that holds the rows of several, one after the other, as those: entries of the same bytes under names of their own.</summary>
    /// <param name="key">The tensor, which has no entry any more afterwards.</param>
    /// <param name="names">The parts' names, in the order of their rows; all have the same number of rows.</param>
    /// <exception cref="InvalidInputException">The rows can't be shared out evenly.</exception>
    public void SplitRows(string key, params IReadOnlyList<string> names)
    {
        var whole = Entries[key];
        if (whole.Shape is not [var rows, .. var rest] || rows % names.Count != 0)
        {
            throw new InvalidInputException(
                $"{Shown}: {key} is {whole.ShapeText}, whose rows can't be shared out to {names.Count} tensors.",
                key,
                "Take an undamaged file."
            );
        }

        var owner = _owners[key];
        Entries.Remove(key);
        _owners.Remove(key);
        for (var i = 0; i < names.Count; i++)
        {
            var bytes = whole.ByteLength / names.Count;
            Entries.Add(
                names[i],
                whole with
                {
                    Name = names[i],
                    Shape = [rows / names.Count, .. rest],
                    Offset = whole.Offset + (i * bytes),
                    ByteLength = bytes,
                }
            );
            _owners.Add(names[i], owner);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in _files)
        {
            file.Dispose();
        }
    }

    private void Add(string path, string part)
    {
        SafetensorsFile file;
        try
        {
            file = SafetensorsFile.Open(path);
        }
        catch (InvalidInputException e)
        {
            // The same file name occurs in several parts.
            throw new InvalidInputException($"{part}/{e.Message}", $"{part}/{e.Field}", e.Hint, e);
        }

        _files.Add(file);
        foreach (var (key, entry) in file.Header.Tensors)
        {
            if (!Entries.TryAdd(key, entry))
            {
                throw new InvalidInputException($"{Shown} names files that both hold the tensor {key}.", Shown, "Download the model again.");
            }

            _owners.Add(key, file);
        }
    }
}
