using System.Text.Json;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.ModelHub;

/// <summary>Brings a model's files into its landing folder, wherever they come from, and from there to their place.</summary>
internal static class ModelArrival
{
    /// <summary>Fetches what isn't there yet.</summary>
    /// <param name="room">The landing folder.</param>
    /// <param name="choice">What the model needs.</param>
    /// <param name="origin">Where it comes from.</param>
    /// <param name="source">What is noted of that; its files are filled in.</param>
    /// <param name="options">How many at once, and how often.</param>
    /// <param name="progress">Told from any thread; or null.</param>
    /// <param name="cancellationToken">Stops; what has arrived is kept.</param>
    /// <returns>The model in its place.</returns>
    /// <exception cref="HostFaultException">The origin brings no more.</exception>
    /// <exception cref="OneShotException">It sends what it should not, or the disk is full.</exception>
    /// <exception cref="InvalidInputException">The model is not sound.</exception>
    public static async Task<PulledModel> FillAsync(
        ModelLanding room,
        ModelFileChoice choice,
        IFileOrigin origin,
        ModelSource source,
        ModelPullOptions options,
        IProgress<TransferProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        CheckSpace(room.Folder, choice.Files);
        var meter = new TransferMeter(choice.Files.Sum(file => file.Bytes), progress);
        var retry = HostRetry.Create(options);
        var files = new ModelFile[choice.Files.Count];

        // Small files first: what is wrong with a model's configuration should be known before gigabytes are fetched.
        foreach (
            var group in Enumerable
                .Range(0, files.Length)
                .GroupBy(i => choice.Files[i].Path.EndsWith(".safetensors", StringComparison.Ordinal))
                .OrderBy(group => group.Key)
        )
        {
            await Parallel.ForEachAsync(
                group,
                new ParallelOptions { MaxDegreeOfParallelism = options.Parallel, CancellationToken = cancellationToken },
                async (i, token) =>
                {
                    var file = choice.Files[i];
                    files[i] = await new FileDownload(origin, file, Path.Combine(room.Folder, file.Path), retry, meter).RunAsync(token);
                }
            );
        }

        await File.WriteAllBytesAsync(
            Path.Combine(room.Folder, ModelSource.FileName),
            JsonSerializer.SerializeToUtf8Bytes(source with { Files = files }, ModelJsonContext.Default.ModelSource),
            cancellationToken
        );
        return new PulledModel(room.Land(choice.Kind, [.. files.Select(file => file.Path), ModelSource.FileName]), files, meter.MovedBytes);
    }

    private static void CheckSpace(string folder, IReadOnlyList<HostFile> files)
    {
        var there = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Sum(path => LinkedFile.Find(path)?.Length ?? 0);
        DiskSpace.Require(folder, Math.Max(0, files.Sum(file => file.Bytes) - there));
    }
}
