using System.Text.Json;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>Finds the weight files of a part: diffusers' and transformers' names, full precision before fp16, whole before sharded.</summary>
internal static class WeightFiles
{
    private const int MaximumShards = 1000;
    private const long MaximumIndexBytes = 32L * 1024 * 1024;

    /// <summary>The files that hold a part's weights.</summary>
    /// <param name="folder">The part's folder.</param>
    /// <param name="part">Its name in messages.</param>
    /// <param name="stem"><c>diffusion_pytorch_model</c> or <c>model</c>.</param>
    /// <returns>The name used in messages, and full paths of files that exist.</returns>
    /// <exception cref="InvalidInputException">There are none, only pickles, or the index is unsound.</exception>
    public static (string Shown, IReadOnlyList<string> Paths) Find(string folder, string part, string stem)
    {
        foreach (
            var name in (string[])
                [
                    $"{stem}.safetensors",
                    $"{stem}.safetensors.index.json",
                    $"{stem}.fp16.safetensors",
                    $"{stem}.safetensors.index.fp16.json",
                    $"{stem}.fp16.safetensors.index.json",
                ]
        )
        {
            var path = Path.Combine(folder, name);
            if (File.Exists(path))
            {
                var shown = $"{part}/{name}";
                RequireFile(path, shown);
                return (shown, name.EndsWith(".json", StringComparison.Ordinal) ? Shards(path, folder, shown) : [path]);
            }
        }

        throw Missing(folder, part, stem);
    }

    // Whether a name is there says nothing of what a link leads to.
    private static void RequireFile(string path, string shown)
    {
        try
        {
            if (LinkedFile.Find(path) is null)
            {
                throw new InvalidInputException(
                    $"{shown} can't be read: {LinkedFile.Missing(path)}",
                    shown,
                    "Download the model again, or put the file in its place."
                );
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Bad(shown, $"can't be read ({e.Message.TrimEnd('.')})", e);
        }
    }

    private static InvalidInputException Missing(string folder, string part, string stem)
    {
        var wanted = $"{part}/{stem}.safetensors";
        var pickle = Directory.Exists(folder)
            ? Directory
                .EnumerateFiles(folder)
                .Select(f => Path.GetFileName(f)!)
                .Order(StringComparer.Ordinal)
                .FirstOrDefault(f => Path.GetExtension(f) is ".bin" or ".ckpt" or ".pt" or ".pth")
            : null;
        return pickle is null
            ? new InvalidInputException(
                $"The model folder lacks {wanted} (looked in {folder}).",
                wanted,
                "Download the model again with its .safetensors files."
            )
            : new InvalidInputException(
                $"The model folder lacks {wanted}; {part}/{pickle} is a PyTorch pickle, which can run code when opened, so it is never opened here.",
                wanted,
                "Convert it once in Python: pipe = StableDiffusionPipeline.from_pretrained(folder); pipe.save_pretrained(folder, safe_serialization=True)."
            );
    }

    private static List<string> Shards(string indexPath, string folder, string shown)
    {
        var names = new SortedSet<string>(StringComparer.Ordinal);
        try
        {
            var root = StrictJson.Parse(StrictJson.ReadFile(indexPath, MaximumIndexBytes));
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("weight_map", out var map) || map.ValueKind != JsonValueKind.Object)
            {
                throw Bad(shown, "has no weight_map");
            }

            foreach (var item in map.EnumerateObject())
            {
                names.Add(
                    item.Value.ValueKind == JsonValueKind.String
                        ? item.Value.GetString()!
                        : throw Bad(shown, $"names no file for {Wording.Cut(item.Name, Wording.LongestItem)}")
                );
            }
        }
        catch (UnusableJsonException e)
        {
            throw Bad(shown, e.Message, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Bad(shown, $"can't be read ({e.Message.TrimEnd('.')})", e);
        }

        if (names.Count is 0 or > MaximumShards)
        {
            throw Bad(shown, $"names {names.Count} files");
        }

        var paths = new List<string>();
        foreach (var name in names)
        {
            // An index is data from elsewhere: it may name files of its own folder and nothing else.
            if (name.AsSpan().ContainsAny('/', '\\', '\0') || name is "." or ".." || !name.EndsWith(".safetensors", StringComparison.Ordinal))
            {
                throw Bad(shown, $"names the file '{Wording.Cut(name, Wording.LongestItem)}', which is no plain .safetensors name within its folder");
            }

            var path = Path.Combine(folder, name);
            paths.Add(File.Exists(path) ? path : throw Bad(shown, $"names the file {Wording.Cut(name, Wording.LongestItem)}, which is missing"));
            RequireFile(path, $"{Path.GetDirectoryName(shown)}/{name}");
        }

        return paths;
    }

    private static InvalidInputException Bad(string shown, string what, Exception? inner = null) =>
        new($"{shown} {what}.", shown, "Download the model again.", inner);
}
