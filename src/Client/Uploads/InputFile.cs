using System.Runtime.InteropServices;
using OrleansOneShot.Common;

namespace OrleansOneShot.Client.Uploads;

/// <summary>A photo or a mask that a job gets.</summary>
public sealed class InputFile
{
    private readonly Func<Stream> _open;
    private readonly Func<long> _length;

    private InputFile(string name, Func<long> length, Func<Stream> open)
    {
        Name = name;
        _length = length;
        _open = open;
    }

    /// <summary>What messages call it.</summary>
    public string Name { get; }

    /// <summary>A file, which is read piece by piece.</summary>
    /// <param name="path">Its path; a pipe, which can't be read twice, is read by the caller.</param>
    /// <returns>The input; nothing is read yet.</returns>
    public static InputFile At(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new InputFile(path, () => LinkedFile.Of(path).Length, () => File.OpenRead(path));
    }

    /// <summary>As <see cref="At"/>: where an input is wanted, the path of a file does.</summary>
    /// <param name="path">Its path.</param>
    public static implicit operator InputFile(string path) => At(path);

    /// <summary>Bytes that are in memory already; they are not copied.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="name">What messages call them.</param>
    /// <returns>The input.</returns>
    public static InputFile Of(ReadOnlyMemory<byte> bytes, string name) =>
        new(
            name,
            () => bytes.Length,
            () =>
                MemoryMarshal.TryGetArray(bytes, out var array)
                    ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
                    : new MemoryStream(bytes.ToArray(), writable: false)
        );

    /// <summary>How many bytes it has, without reading any.</summary>
    /// <exception cref="IOException">It is not there, or can't be read.</exception>
    internal long ReadLength() => _length();

    /// <summary>Opens it.</summary>
    /// <returns>Its bytes from the start; the caller disposes of them.</returns>
    /// <exception cref="IOException">It can't be read.</exception>
    internal Stream Open() => _open();
}
