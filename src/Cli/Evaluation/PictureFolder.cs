using System.Globalization;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Cli.Evaluation;

/// <summary>The pictures of a folder, whose headers have been looked at.</summary>
/// <param name="Files">Their absolute paths, in the order of their names.</param>
/// <param name="ShortestSide">The shortest side of all, in pixels.</param>
internal sealed record PictureFolder(IReadOnlyList<string> Files, int ShortestSide)
{
    /// <summary>Most pictures of a folder.</summary>
    internal const int MostPictures = 10_000;

    /// <summary>Most bytes of a folder's pictures.</summary>
    internal const long MostBytes = 16L << 30;

    private static readonly string[] s_endings = [".png", ".jpg", ".jpeg", ".webp"];

    /// <summary>Names without folders, in their order.</summary>
    public IEnumerable<string> Names => Files.Select(file => Path.GetFileName(file));

    /// <summary>Lists a folder; files that aren't named as pictures and folders within it are passed over.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="field">The option that named it.</param>
    /// <exception cref="InvalidInputException">There is no such folder, no picture in it, one that can't be used, or too much of them.</exception>
    public static PictureFolder Open(string path, string field)
    {
        if (!Directory.Exists(path))
        {
            throw new InvalidInputException(
                File.Exists(path) ? $"--{field} {path} is {LinkedFile.WhatIs(path)}, not a folder." : $"The folder {path} of --{field} does not exist.",
                field,
                "Give a folder of pictures."
            );
        }

        List<string> files;
        try
        {
            files =
            [
                .. Directory
                    .EnumerateFiles(Path.GetFullPath(path))
                    .Where(file => s_endings.Contains(Path.GetExtension(file).ToLowerInvariant()))
                    .Take(MostPictures + 1)
                    .OrderBy(file => Path.GetFileName(file), StringComparer.Ordinal),
            ];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException($"The folder {path} of --{field} can't be read: {e.Message}", field, "Check its permissions.", e);
        }

        if (files.Count is 0 or > MostPictures)
        {
            throw new InvalidInputException(
                files.Count == 0
                    ? $"The folder {path} of --{field} holds no picture: no file ends in {Wording.List(s_endings)}."
                    : string.Create(CultureInfo.InvariantCulture, $"The folder {path} of --{field} holds more than {MostPictures:N0} pictures."),
                field,
                files.Count == 0 ? "Give the folder that holds the pictures themselves." : "Measure a part of them."
            );
        }

        return OfFiles(files, field);
    }

    /// <summary>Looks at the headers of files.</summary>
    /// <param name="files">Absolute paths.</param>
    /// <param name="field">The option that named them.</param>
    /// <exception cref="InvalidInputException">One can't be used, or together they are too large.</exception>
    public static PictureFolder OfFiles(IReadOnlyList<string> files, string field)
    {
        var (bytes, shortest) = (0L, int.MaxValue);
        foreach (var file in files)
        {
            var header = ImageReader.ReadHeader(file, field);
            bytes += header.Bytes;
            shortest = Math.Min(shortest, Math.Min(header.Width, header.Height));
        }

        return bytes <= MostBytes
            ? new PictureFolder(files, shortest)
            : throw new InvalidInputException(
                string.Create(CultureInfo.InvariantCulture, $"The pictures of --{field} have {bytes >> 30} GiB; at most {MostBytes >> 30} GiB are measured."),
                field,
                "Measure a part of them."
            );
    }
}
