using System.Security.Cryptography;
using System.Text;
using OrleansOneShot.Common;
using OrleansOneShot.Common.Systems;
using OrleansOneShot.Compute.Safetensors;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>
/// A folder of weights in the precision that is computed in, where a model's own files have another: converted once a host and mapped from then on, so that all
/// slots and all processes share the same pages. It may be deleted at any time; what can't be written there is converted in memory, as without it. Each file
/// carries a hash of its weights, which is compared whenever it is opened: one that does not hold is converted again.
/// </summary>
public sealed class ConvertedWeights
{
    private const string Ending = ".safetensors";
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(10);
    private static readonly Lock s_gate = new(); // File locks keep processes apart, not the slots of one.
    private readonly string _folder;
    private readonly long _maximumBytes;
    private readonly long _minimumBytes;
    private readonly Action<string>? _tellDamaged;

    /// <summary>Names the folder; it is created when there is something to put in.</summary>
    /// <param name="folder">The folder, for nothing else.</param>
    /// <param name="maximumBytes">Most bytes in it: those that were used longest ago go first.</param>
    /// <param name="minimumBytes">Parts with fewer bytes are converted in memory each time.</param>
    /// <param name="tellDamaged">Is told of each file that is damaged, by its path; or null.</param>
    public ConvertedWeights(string folder, long maximumBytes = 16L << 30, long minimumBytes = 32L << 20, Action<string>? tellDamaged = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        _folder = Path.GetFullPath(folder);
        _maximumBytes = maximumBytes;
        _minimumBytes = minimumBytes;
        _tellDamaged = tellDamaged;
    }

    /// <summary>A part's weights in a type, by the model's keys; writes them first if nobody has.</summary>
    /// <param name="part">The part's name.</param>
    /// <param name="match">Its parameters and the keys of its files.</param>
    /// <param name="source">Its files.</param>
    /// <param name="type">What is computed in.</param>
    /// <returns>
    /// The open file, which the caller disposes of; null where the files have that type already, or where converting in memory is the better or the only way.
    /// </returns>
    internal SafetensorsFile? Find(string part, WeightMatch match, WeightSource source, ScalarType type)
    {
        var bytes = match.Pairs.Sum(pair => pair.Slot.Shape.Aggregate((long)SafetensorsTypes.SizeOf(type), (a, b) => a * b));
        if (bytes < _minimumBytes || bytes > _maximumBytes || match.Pairs.All(pair => source.Entries[pair.FileKey].ElementType == type))
        {
            return null;
        }

        try
        {
            var path = Path.Combine(_folder, $"{part}-{KeyOf(source)}-{type}{Ending}");
            lock (s_gate)
            {
                // Told below, once, if nobody has written it anew meanwhile.
                if (Open(path, match, type, tell: false) is { } known)
                {
                    return known;
                }

                Directory.CreateDirectory(_folder);
                using var turn = WaitForTurn();
                if (Open(path, match, type) is { } since)
                {
                    return since;
                }

                Trim(bytes);
                if (DiskRoom.Free(_folder) < 2 * bytes)
                {
                    return null;
                }

                Write(path, match, source, type);
                return Open(path, match, type);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // A cache that can't be kept costs memory, not the job.
        }
    }

    // By what is in the files, wherever they lie: a copy or a link has the same weights, and a link that leads elsewhere now has others. Whoever computes needs
    // these hashes anyway, and they are worked out once a process.
    private static string KeyOf(WeightSource source)
    {
        var text = string.Join('\n', source.Paths.Select(FileHashes.Sha256));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }

    private SafetensorsFile? Open(string path, WeightMatch match, ScalarType type, bool tell = true)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        SafetensorsFile? file = null;
        try
        {
            file = SafetensorsFile.Open(path);
            var tensors = file.Header.Tensors;
            if (
                tensors.Count == match.Pairs.Count
                && match.Pairs.All(pair =>
                    tensors.TryGetValue(pair.Slot.Key, out var entry) && entry.ElementType == type && entry.Shape.AsSpan().SequenceEqual(pair.Slot.Shape)
                )
                && IsWhole(file, path, tell)
            )
            {
                File.SetLastWriteTimeUtc(path, DateTime.UtcNow); // used just now
                return file;
            }
        }
        catch (InvalidInputException)
        {
            // Damaged: it is written anew.
            Tell(path, tell);
        }
        catch (UnauthorizedAccessException) when (file is not null)
        {
            return file; // Another user's, who alone may touch it.
        }

        file?.Dispose();
        return null;
    }

    private bool IsWhole(SafetensorsFile file, string path, bool tell)
    {
        var seal = WeightSeal.Of(file);
        if (seal == SealState.Broken)
        {
            Tell(path, tell);
        }

        // Earlier versions wrote none.
        return seal == SealState.Whole;
    }

    private void Tell(string path, bool tell)
    {
        if (tell)
        {
            _tellDamaged?.Invoke(path);
        }
    }

    private static void Write(string path, WeightMatch match, WeightSource source, ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var off = no_grad();
        WeightSeal.Write(path, match.Pairs.ToDictionary(pair => pair.Slot.Key, pair => source.Get(pair.FileKey).view(pair.Slot.Shape).to(type)));
    }

    // Files in use stay readable to those who have mapped them. Windows does not let go of them: they stay, and the next time sees them again.
    private void Trim(long coming)
    {
        var files = Directory
            .GetFiles(_folder, "*" + Ending)
            .Select(path => (Path: path, File: LinkedFile.Find(path)))
            .OrderBy(known => known.File?.WrittenUtc)
            .ToList();
        var total = files.Sum(known => known.File?.Length ?? 0) + coming;
        for (var i = 0; i < files.Count && total > _maximumBytes; i++)
        {
            try
            {
                File.Delete(files[i].Path);
                total -= files[i].File?.Length ?? 0;
            }
            catch (Exception e) when (OperatingSystem.IsWindows() && (e is UnauthorizedAccessException || FileErrors.IsHeld(e))) { }
        }
    }

    private FileStream WaitForTurn()
    {
        var until = DateTime.UtcNow + s_longestWait;
        while (true)
        {
            try
            {
                return new FileStream(Path.Combine(_folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException) && DateTime.UtcNow < until)
            {
                Thread.Sleep(100); // Another process converts; loading is synchronous on the slot's own thread.
            }
        }
    }
}
