using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Safetensors;

/// <summary>
/// A safetensors file opened for reading. Tensors are views of a private copy-on-write mapping, so opening a file of a gigabyte takes well under a millisecond,
/// pages are shared between processes, and nothing written to a tensor ever reaches the file.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly string _path;
    private readonly Dictionary<ScalarType, Tensor> _mappings = [];

    private SafetensorsFile(string path, SafetensorsHeader header)
    {
        _path = path;
        Header = header;
    }

    /// <summary>The file's name, without its folder.</summary>
    public string Name => Path.GetFileName(_path);

    /// <summary>The file's validated header.</summary>
    public SafetensorsHeader Header { get; }

    /// <summary>The keys, in the order of the header.</summary>
    public IEnumerable<string> Keys => Header.Tensors.Keys;

    /// <summary>Opens a file and checks its whole header.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The open file; its tensors stay valid after it is disposed.</returns>
    /// <exception cref="InvalidInputException">The file is missing or not a sound safetensors file.</exception>
    public static SafetensorsFile Open(string path) => new(path, SafetensorsHeader.Read(path));

    /// <summary>Reads all tensors of a small file into a dictionary, detached from any dispose scope.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The tensors by key, CPU, of the file's types. The caller disposes of them.</returns>
    /// <exception cref="InvalidInputException">The file is missing or not a sound safetensors file.</exception>
    public static Dictionary<string, Tensor> ReadAll(string path)
    {
        using var file = Open(path);
        return file.Keys.ToDictionary(
            k => k,
            k =>
            {
                using var view = file.Get(k);
                return view.clone().DetachFromDisposeScope();
            }
        );
    }

    /// <summary>A tensor as a view of the mapping.</summary>
    /// <param name="name">The key.</param>
    /// <returns>A CPU tensor of the header's shape and type, numbers of eight bits as float16; writing to it touches private pages alone.</returns>
    /// <exception cref="InvalidInputException">The file has no tensor of that name.</exception>
    public Tensor Get(string name)
    {
        return Header.Tensors.TryGetValue(name, out var entry)
            ? Get(entry)
            : throw new InvalidInputException($"{Path.GetFileName(_path)} has no tensor {name}.", Path.GetFileName(_path));
    }

    /// <summary>A tensor of this file, or whole rows of one, as a view of the mapping.</summary>
    /// <param name="entry">An entry of the header, or one that lies within it.</param>
    internal Tensor Get(TensorEntry entry)
    {
        TorchRuntime.Initialise();
        var size = SafetensorsTypes.SizeOf(entry.ElementType);
        if (entry.ByteLength == 0)
        {
            return empty(entry.Shape, entry.ElementType);
        }

        if (entry.Float8 != Float8.None)
        {
            var codes = new byte[entry.ByteLength];
            ReadInto(codes, entry.Offset);
            return Float8Values.ToFloat16(codes, entry.Float8, entry.Shape);
        }

        if (entry.Offset % size != 0)
        {
            // Headers of other writers need not be padded: such a tensor is not aligned within the mapping and is copied instead.
            return ReadUnaligned(entry);
        }

        if (!_mappings.TryGetValue(entry.ElementType, out var mapping))
        {
            var elements = Header.FileLength / size;
            mapping = from_file(_path, false, elements, entry.ElementType).DetachFromDisposeScope();
            _mappings.Add(entry.ElementType, mapping);
        }

        using var flat = mapping.narrow(0, entry.Offset / size, entry.ByteLength / size);
        return flat.view(entry.Shape);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var mapping in _mappings.Values)
        {
            mapping.Dispose();
        }

        _mappings.Clear();
    }

    private Tensor ReadUnaligned(TensorEntry entry)
    {
        var tensor = empty(entry.Shape, entry.ElementType);
        ReadInto(tensor.bytes, entry.Offset);
        return tensor;
    }

    private void ReadInto(Span<byte> bytes, long offset)
    {
        using var stream = File.OpenRead(_path);
        stream.Position = offset;
        stream.ReadExactly(bytes);
    }
}
